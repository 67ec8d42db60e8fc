from . import ir_http, res_users, web_tour_tour
