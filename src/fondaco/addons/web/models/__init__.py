"""What do the models of every module gain when a web client is there?"""

from . import (
    base_document_layout,
    export_file,
    ir_actions_report,
    ir_http,
    ir_model,
    ir_ui_menu,
    ir_ui_view,
    onchange,
    read_group,
    res_config_settings,
    res_partner,
    web_read,
    web_save,
    web_save_receipt,
    web_search,
)
