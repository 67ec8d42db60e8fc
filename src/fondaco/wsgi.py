"""How is the application assembled, and how does it run under a foreign WSGI server?

    from fondaco.wsgi import build
    application = build(config)          # http pages + /jsonrpc + /xmlrpc, a plain WSGI callable
    application = build(config, registries=registries, pools=pools)

    gunicorn fondaco.wsgi:application    # configuration from FONDACO_* variables and FONDACO_RC / ODOO_RC

The command line gives what `build` returns to `fondaco.http.serve.serve(config, application, ...)`.
"""
