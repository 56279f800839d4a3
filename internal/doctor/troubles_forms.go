package doctor

var pageTroubles = []Trouble{
	{
		"query_stripped", Fault, "What stands behind the question mark does not reach the server",
		"proxy_pass with a variable ($uri) or a rewrite that ends in ? drops the query, and with it the id of every flow.",
		"Write proxy_pass http://127.0.0.1:4433; without a variable, or append $is_args$args.",
	},
	{
		"flow_lost", Fault, "A flow that was made a moment ago is not found",
		"Two servers with two databases answer in turn: dsn is memory or a SQLite file of each.",
		"Run one server, or let all use one database.",
	},
	{
		"page_unreachable", Fault, "The login page can't be reached",
		"selfservice.flows.login.ui_url names an application that does not answer, or a proxy_redirect changes where the server leads.",
		"Start the application or mend selfservice.flows.login.ui_url; without the setting the built-in page is used. Remove proxy_redirect rules.",
	},
	{
		"files_missing", Fault, "The page's styles or scripts are missing",
		"A location for file endings (location ~ \\.css$) answers from the proxy's own disk, or only some paths are passed on.",
		"Let location ^~ /static/symbolon/ { proxy_pass … } come first, or remove the location for file endings.",
	},
	{
		"headers_dropped", Warning, "The page comes without headers that protect it",
		"A proxy hides them (proxy_hide_header).",
		"Let the server's Content-Security-Policy, Referrer-Policy and X-Content-Type-Options through.",
	},
	{
		"cache_control_changed", Warning, "The page may be kept by caches",
		"A proxy replaces Cache-Control (expires, add_header Cache-Control), so that Back shows an old form, or a shared cache another visitor's form.",
		"Remove expires and Cache-Control rules from the location.",
	},
	{
		"token_foreign", Fault, "The form's token does not belong to the browser's cookie",
		"A cache served another visitor's page, or a proxy changes the cookie.",
		"Turn proxy_cache off for this address, and remove rules about cookies.",
	},
}

var formTroubles = []Trouble{
	{
		"post_redirected", Fault, "A rule leads forms elsewhere, and what was typed is lost",
		"On a redirect with 301 or 302 browsers come back with GET and without the form: http to https, www, or slashes at the end.",
		"Do not redirect POST; put the final address into serve.public.base_url, so that forms go there at once.",
	},
	{
		"post_blocked", Fault, "The proxy refuses forms",
		"limit_except GET, or a firewall for web applications that takes a password for an attack.",
		"Allow POST below /self-service/, and except csrf_token and password from the firewall's rules.",
	},
	{
		"body_limit", Fault, "The proxy refuses the size of forms",
		"client_max_body_size is smaller than a form. The server itself takes 64 KiB.",
		"Set client_max_body_size 64k; or more.",
	},
	{
		"form_refused_csrf", Fault, "The form was refused: its token and its cookie did not arrive together",
		"A proxy changes the body or the cookies of POST requests only.",
		"Look for rules with $request_method, or a firewall that rewrites forms.",
	},
	{
		"form_refused", Fault, "The form was refused",
		"The server says why, above; its log says more.",
		"Look for this moment in the server's log.",
	},
	{
		"content_type_changed", Fault, "The server does not learn what kind of body it is sent",
		"A proxy removes or replaces Content-Type of requests.",
		"Remove proxy_set_header Content-Type and proxy_pass_request_headers off from the location.",
	},
}

var headerTroubles = []Trouble{
	{
		"accept_stripped", Fault, "The server does not learn that scripts want JSON",
		"A proxy removes or replaces the Accept header, so scripts are redirected to pages as browsers are.",
		"Remove proxy_set_header Accept from the location; with a cache in front, add Accept to its key.",
	},
	{
		"csrf_header_stripped", Warning, "The header X-CSRF-Token does not reach the server",
		"A proxy passes some headers only. Built-in forms send the token as a field; scripts of your own may not.",
		"Remove proxy_set_header X-CSRF-Token \"\" or the list of headers that are let through.",
	},
	{
		"origin_stripped", Warning, "The server does not learn from which site a request comes",
		"A proxy removes Origin, and with it CORS and one protection of forms for apps; or the server runs with --dev.",
		"Remove proxy_set_header Origin from the location; run without DEV_DISABLE_API_FLOW_ENFORCEMENT.",
	},
}

var originTroubles = []Trouble{
	{
		"cors_off", Fault, "Scripts of the application may not read the answers",
		"serve.public.cors is off or does not list the application's origin, or a proxy removes the header.",
		"Set serve.public.cors.enabled to true and add {origin} to serve.public.cors.allowed_origins.",
	},
	{
		"cors_twice", Fault, "The CORS headers come twice, browsers refuse that",
		"The proxy adds them (add_header Access-Control-Allow-Origin) and so does the server.",
		"Leave it to one: remove add_header from the location, or set serve.public.cors.enabled to false.",
	},
	{
		"cors_no_credentials", Fault, "Scripts of the application may not send cookies",
		"serve.public.cors.allow_credentials is off.",
		"Set serve.public.cors.allow_credentials to true.",
	},
	{
		"cors_preflight", Fault, "The question that browsers ask first (OPTIONS) is not answered as they need it",
		"A proxy answers OPTIONS itself or refuses it, or serve.public.cors.allowed_methods and allowed_headers are too narrow.",
		"Pass OPTIONS on to the server, and list methods and headers in serve.public.cors.",
	},
	{
		"cors_other_site", Warning, "The application is another site, so browsers keep the session cookie back from its scripts",
		"Cookies with SameSite=Lax or Strict are not sent by scripts of other sites.",
		"Serve both below one domain, or set session.cookie.same_site to None (which needs https, and some browsers block it all the same).",
	},
	{
		"cookie_misses_app", Warning, "The session cookie does not reach the application's own server",
		"session.cookie.domain is not set or does not cover {origin}. The application sees no session, and one that sends people back to sign in makes a loop.",
		"Set session.cookie.domain to the domain that both have in common. If only scripts in browsers ask the server (CORS), nothing is wrong.",
	},
}

var adminTroubles = []Trouble{
	{
		"admin_unreachable", Fault, "The admin listener can't be reached from here",
		"It listens on the loopback interface of its machine (serve.admin.host), which is right unless services elsewhere need it.",
		"Run this on the server's machine, or set serve.admin.host and serve.admin.token.",
	},
	{
		"admin_wrong", Fault, "This is not the admin listener",
		"The URL is that of the public listener or of something else.",
		"Give the URL of serve.admin (port 4434 by default).",
	},
	{
		"admin_open", Warning, "The admin API asks for no token, and is not on the loopback interface",
		"Anybody who reaches the address can read and change every account.",
		"Set serve.admin.token, or serve.admin.host to 127.0.0.1.",
	},
	{
		"admin_other", Warning, "The admin listener belongs to another server",
		"It has another database than the public URL: two instances, or two installations.",
		"Compare dsn of both.",
	},
	{
		"proxy_not_trusted", Warning, "A proxy names the clients, and the server does not believe it",
		"The address of the proxy is missing from serve.trusted_proxies, so all people count as one client: a hundred wrong passwords of one lock everyone out.",
		"Add the address that is named above to serve.trusted_proxies, if it is your proxy.",
	},
}
