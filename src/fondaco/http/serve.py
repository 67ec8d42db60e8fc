"""How is an application served in the mode the configuration asks for?

    from fondaco.http.serve import serve
    from fondaco.wsgi import build
    code = serve(config, build(config), on_ready=lambda url: print("listening on", url), on_stop=pools.close)

Blocks until SIGTERM or SIGINT (exit code returned). `workers = 0`: threads of one process. `workers = N`: N processes under a
supervisor; `before_fork()` runs in the parent just before the first fork (load registries, close database connections),
`after_fork()` in every child. `on_ready(url)` is called once the port answers; `on_stop()` after the last request.
A taken port raises `ConfigError` with a sentence that says what to do. Must be called in the main thread.
"""
