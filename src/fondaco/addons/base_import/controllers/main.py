"""The file of an import is uploaded to its record."""

import json

from fondaco.addon import http


class ImportController(http.Controller):
    @http.route("/base_import/set_file", type="http", auth="user", methods=["POST"])
    def set_file(self, id):  # noqa: A002
        """Keep the uploaded file for the import `id`."""
        request = http.request
        file = request.httprequest.files["ufile"]
        written = (
            request.env["base_import.import"]
            .browse(int(id))
            .write({"file": file.read(), "file_name": file.filename, "file_type": file.content_type})
        )
        return json.dumps({"result": written})
