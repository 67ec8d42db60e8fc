"""The file of an import is uploaded to its record; the rows that could not be imported come back as one."""

import json

from fondaco.addon import http


class ImportController(http.Controller):
    @http.route("/base_import/set_file", type="http", auth="user", methods=["POST"])
    def set_file(self, id, ufile):  # noqa: A002
        """Keep the uploaded file for the import `id`."""
        values = {"file": ufile.read(), "file_name": ufile.filename, "file_type": ufile.content_type}
        written = http.request.env["base_import.import"].browse(int(id)).write(values)
        return json.dumps({"result": written})

    @http.route("/base_import/faulty_rows", type="http", auth="user", methods=["POST"])
    def faulty_rows(self, data):
        """A CSV file of the rows with problems. data: JSON {id, options, problems}; {id} of an import in parts."""
        request = http.request
        wanted = json.loads(data)
        record = request.env["base_import.import"].browse(int(wanted["id"]))
        if "problems" in wanted:
            content = record.faulty_rows(wanted["options"], wanted["problems"])
        else:
            content = record.faulty_file()
        name = (record.file_name or "import").rpartition(".")[0] or record.file_name
        headers = [
            ("Content-Type", "text/csv; charset=utf-8"),
            ("Content-Disposition", http.content_disposition(f"{name} - {request.env._('rows with problems')}.csv")),
        ]
        return request.make_response(content.encode("utf-8-sig"), headers)
