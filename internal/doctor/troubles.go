package doctor

// Trouble is what can be wrong with a deployment. In its texts {asked} stands
// for the public URL that was examined and {origin} for the application's.
type Trouble struct {
	Code   string // stable
	Status Status // Warning or Fault
	Title  string // what is broken, in one sentence
	Cause  string // what usually is behind it
	Remedy string // what to change, with the setting or the directive
}

// Group is the troubles of one part of the chain.
type Group struct {
	Title    string
	Troubles []Trouble
}

// Groups lists everything that a walk can find, roughly in its order.
// docs/troubleshooting.md is written from it.
func Groups() []Group {
	return []Group{
		{"Reaching the server", connection},
		{"Certificates and TLS", certificate},
		{"Proxies that answer themselves", answering},
		{"The server and its neighbours", serverSide},
		{"Addresses", addresses},
		{"Cookies", cookieTroubles},
		{"Pages", pageTroubles},
		{"Forms", formTroubles},
		{"Headers of requests", headerTroubles},
		{"Applications (--origin)", originTroubles},
		{"The admin listener (--admin)", adminTroubles},
	}
}

// troubleOf returns the trouble of that code; a code without a text is shown as
// it is.
func troubleOf(code string) Trouble {
	for _, g := range Groups() {
		for _, t := range g.Troubles {
			if t.Code == code {
				return t
			}
		}
	}
	return Trouble{Code: code, Status: Fault, Title: code}
}

var connection = []Trouble{
	{
		"name_unknown", Fault, "The name of the host is not known here",
		"The name is mistyped, its DNS record is missing, or only other machines can resolve it.",
		"Check the URL, then the A and AAAA records of the host.",
	},
	{
		"refused", Fault, "Nothing listens at this address",
		"The server or the proxy is not running, listens on another port, or on the loopback interface of another machine or container.",
		"Start it, compare the port with serve.public.port (4433 by default) and the proxy's listen directive; in a container set serve.public.host to 0.0.0.0.",
	},
	{
		"timeout", Fault, "No answer came in time",
		"A firewall drops the packets, the address belongs to another machine, or the server is stuck.",
		"Open the port in the firewall or security group. If it should be slow, give --timeout.",
	},
	{
		"cut", Fault, "The connection was closed without an answer",
		"Something that is no HTTP server listens there, or a proxy gave up on the server behind it.",
		"Check the port, and the log of the proxy.",
	},
	{
		"no_http", Fault, "What answers does not speak HTTP",
		"Another service listens on this port.",
		"Compare the port with serve.public.port and the proxy's listen directive.",
	},
	{
		"https_redirect_dead", Fault, "http leads to https, and nothing answers there",
		"The proxy redirects to https, but no server block listens with TLS, or port 443 is closed.",
		"Add the server block (listen 443 ssl) or open the port; or drop the redirect while there is no certificate.",
	},
}

var certificate = []Trouble{
	{
		"tls_self_signed", Fault, "The certificate is self-signed, browsers do not trust it",
		"It was made for a trial, or the one of the authority is not installed on this machine.",
		"Get a certificate of an authority (Let's Encrypt, or your company's; for the latter give its file with --ca). serve.public.tls.cert_file or ssl_certificate names it.",
	},
	{
		"tls_unknown_authority", Fault, "The certificate comes from an authority that is not known here",
		"The intermediate certificates are missing from the file, or the authority is your company's.",
		"Serve the full chain (fullchain.pem) in serve.public.tls.cert_file or ssl_certificate; for an authority of your own give its file with --ca.",
	},
	{
		"tls_wrong_name", Fault, "The certificate is for another name",
		"The proxy answered with the certificate of another site: its default server, or the name is missing from the certificate.",
		"Set server_name and ssl_certificate of the server block for this host, and get a certificate that lists it.",
	},
	{
		"tls_expired", Fault, "The certificate is not valid today",
		"It was not renewed, the proxy was not reloaded after it was, or the clock of this machine is wrong.",
		"Renew the certificate and reload the proxy; let a timer do both.",
	},
	{
		"tls_invalid", Fault, "The TLS handshake failed",
		"The certificate is not one for servers, or both sides have no version of TLS in common.",
		"Check ssl_certificate and ssl_protocols (TLSv1.2 and TLSv1.3).",
	},
	{
		"tls_not_spoken", Fault, "The port does not speak TLS",
		"The URL says https, but plain http is served on this port.",
		"Use http, or end TLS there: serve.public.tls.cert_file and key_file, or listen … ssl in the proxy.",
	},
	{
		"http_to_https_port", Fault, "The port speaks TLS, and was asked over plain http",
		"The URL says http, but https is served on this port.",
		"Use https in the URL, or proxy_pass https://… where the proxy asks so.",
	},
}

var answering = []Trouble{
	{
		"upstream_down", Fault, "A proxy answers, and does not reach the server behind it",
		"The server is not running, or proxy_pass names another host or port. In a container 127.0.0.1 is the container itself.",
		"Start 'symbolon serve' and point proxy_pass to serve.public.host and serve.public.port.",
	},
	{
		"upstream_slow", Fault, "A proxy answers, and the server behind it does not in time",
		"A firewall between the two, the wrong host in proxy_pass, or a server under far too much load.",
		"Ask the server directly from the proxy's machine; look at /health/detail of the admin listener.",
	},
	{
		"not_symbolon", Fault, "Something else answers at this address",
		"The proxy serves its own page or another application: the location does not match, or another server block does.",
		"Check server_name and location of the proxy, and the host and port of proxy_pass.",
	},
	{
		"path_changed", Fault, "The server is there, but is asked for other paths than you asked for",
		"The proxy adds a path (proxy_pass http://…/something/), or does not take the prefix off.",
		"The server wants its paths without the prefix: location /auth/ { proxy_pass http://127.0.0.1:4433/; } with the slash at the end of both, and serve.public.base_url with /auth/.",
	},
	{
		"route_blocked", Fault, "The proxy does not let this path through",
		"Its locations name some paths only, or a firewall for web applications refuses the rest.",
		"Pass everything below the public URL to the server: location / { proxy_pass … }.",
	},
	{
		"redirect_rule", Fault, "A rule of the proxy leads away from what was asked for",
		"A rewrite adds or takes off slashes, or a proxy_redirect changes where the server leads.",
		"Remove rewrite, return 30x and proxy_redirect rules from the location of the server.",
	},
	{
		"redirected_elsewhere", Fault, "The address leads to another one",
		"A rule sends visitors to another host or path, such as www or a landing page.",
		"Examine the address it leads to, or remove the rule. serve.public.base_url must be the address that is left in the end.",
	},
	{
		"proxy_login", Fault, "The proxy asks for a login of its own",
		"auth_basic or a gateway guards the address. Visitors, and the providers they sign in with, have no such password.",
		"Take auth_basic or the gateway off the public URL (satisfy any; with allow for your own network, for a trial).",
	},
	{
		"rate_limited", Fault, "The proxy refuses, because there were too many requests",
		"limit_req or limit_conn is tighter than one visitor needs: a login takes about ten requests.",
		"Allow bursts (limit_req zone=… burst=20 nodelay). The server counts failed attempts itself (security.limits).",
	},
	{
		"header_limit", Fault, "The proxy refuses the size of the headers",
		"Many cookies of the same domain, or small buffers.",
		"Raise large_client_header_buffers; give other applications cookies of narrower domains.",
	},
	{
		"body_unreadable", Fault, "The answer can't be read: it is not what its headers say",
		"A proxy names a compression (Content-Encoding) that the body does not have, compresses twice, or cuts the body off.",
		"Remove add_header Content-Encoding and gzip settings from the location, or set proxy_set_header Accept-Encoding \"\".",
	},
	{
		"server_failing", Fault, "The server answers with an error of its own",
		"Its log has the reason, in the line with status 500 or above.",
		"Read the log of the server at this time, and mend what it names.",
	},
	{
		"answer_odd", Fault, "The answer is none that the server gives",
		"A proxy answers in its place or changes what it says.",
		"Ask the server directly (serve.public.port) and compare the answers.",
	},
}

var serverSide = []Trouble{
	{
		"not_ready", Fault, "The server runs, and can't serve",
		"Its database is not reachable or not migrated.",
		"'symbolon remote status' says what is missing; 'symbolon migrate up' migrates.",
	},
	{
		"admin_instead", Fault, "This is the admin listener",
		"The port is that of serve.admin (4434 by default), in the URL or in proxy_pass. Anybody who gets here can read and change every account.",
		"Point proxy_pass to serve.public.port (4433 by default), and keep the admin listener on the loopback interface.",
	},
	{
		"admin_exposed", Fault, "The admin API can be reached by the public URL",
		"A location of the proxy passes its paths on to serve.admin. Anybody who gets here can read and change every account.",
		"Remove that location. Let services of your own reach serve.admin on a private network, with serve.admin.token set.",
	},
	{
		"start_refused", Fault, "A login can't be started",
		"The server refused it and led to its error page.",
		"Open {asked}self-service/login/browser in a browser: the page says why, with the id to look for in the log.",
	},
	{
		"answers_cached", Fault, "A cache gives one visitor's answers to another",
		"proxy_cache or a CDN keeps answers that are marked private: proxy_ignore_headers, or a rule that caches everything. Visitors share flows and tokens, in the worst case sessions.",
		"Turn the cache off for {asked} (proxy_cache off; no proxy_ignore_headers Cache-Control Set-Cookie Vary), empty it, and change secrets.cookie.",
	},
	{
		"recovery_off", Warning, "People who forget their password are locked out",
		"selfservice.flows.recovery.enabled is false, although the identity schema has recovery addresses.",
		"Set selfservice.flows.recovery.enabled to true, and selfservice.methods.link.enabled or selfservice.methods.code.enabled with it.",
	},
	{
		"verification_off", Warning, "Addresses stay unverified",
		"selfservice.flows.verification.enabled is false, although the identity schema has addresses to verify.",
		"Set selfservice.flows.verification.enabled to true, and selfservice.methods.link.enabled or selfservice.methods.code.enabled with it.",
	},
	{
		"clock_skew", Fault, "The server's clock and the one here disagree",
		"One of the two machines does not ask a time server. Flows are over before they began, and sign-in providers refuse what comes from another time.",
		"Run chrony or systemd-timesyncd on both; a container has the clock of its host.",
	},
	{
		"clock_skew_proxy", Fault, "The proxy's clock is wrong",
		"The proxy dates its answers by its own clock, and does not ask a time server.",
		"Run chrony or systemd-timesyncd on the proxy's machine, or remove the rule that sets Date.",
	},
	{
		"clock_drift", Warning, "The server's clock and the one here differ by some seconds",
		"One of the two machines does not ask a time server.",
		"Run chrony or systemd-timesyncd on both before it becomes more.",
	},
	{
		"lifetime_short", Fault, "A login is over before anybody can fill in the form",
		"selfservice.flows.login.lifespan is very short: each submission starts the form again.",
		"Set selfservice.flows.login.lifespan, and those of the other flows, to 10m or more.",
	},
	{
		"lifetime_tight", Warning, "There is little time to fill in the form",
		"selfservice.flows.login.lifespan is short for people with a password manager on another device.",
		"Set selfservice.flows.login.lifespan to 10m or more.",
	},
}

var addresses = []Trouble{
	{
		"base_url_loopback", Fault, "You came by one name of this machine, the server is set up for another",
		"localhost, 127.0.0.1 and [::1] are different hosts to a browser: a cookie of the one is not sent to the other. Built-in pages start again by the other name, forms of your own are refused, and applications miss the session.",
		"Set serve.public.base_url to {asked} or open the address it names, and use one of them in all links.",
	},
	{
		"base_url_host", Fault, "The server is set up for another host",
		"Forms and redirects lead to the host of serve.public.base_url, and browsers refuse its cookies here.",
		"Set serve.public.base_url to {asked} if that is what people type.",
	},
	{
		"base_url_port", Fault, "The server is set up for another port",
		"Forms and redirects lead past the proxy to the port of serve.public.base_url, by default that of the server itself.",
		"Set serve.public.base_url to {asked}, the address of the proxy.",
	},
	{
		"base_url_path", Fault, "The server does not know below which path it is reached",
		"The proxy takes a prefix off, but serve.public.base_url does not name it (or names one that is not there), so forms and redirects lead beside it.",
		"Set serve.public.base_url to {asked}",
	},
	{
		"https_base_on_http", Fault, "The server is set up for https, and you came by http",
		"serve.public.base_url begins with https, so cookies are Secure and forms lead to https. On http browsers drop the cookie and every form is refused.",
		"Open the https address, and let the proxy redirect http to it (return 301 https://$host$request_uri;). Without TLS set serve.public.base_url to {asked}",
	},
	{
		"http_base_on_https", Fault, "The server is set up for http, and you came by https",
		"serve.public.base_url begins with http, so forms lead from https to http: browsers warn or refuse, and cookies travel in clear.",
		"Set serve.public.base_url to {asked}",
	},
	{
		"body_changed", Fault, "A proxy changes what the server says",
		"sub_filter or a feature that rewrites pages (links, e-mail addresses, scripts) changes forms or JSON on the way.",
		"Remove sub_filter for this location and turn such features off. Addresses come from serve.public.base_url, no rewriting is needed.",
	},
}

var cookieTroubles = []Trouble{
	{
		"set_cookie_stripped", Fault, "The server's cookies do not reach the browser",
		"A proxy removes Set-Cookie, often together with caching (proxy_hide_header Set-Cookie). Without the cookie every form is refused.",
		"Remove proxy_hide_header Set-Cookie and proxy_ignore_headers Set-Cookie from the location.",
	},
	{
		"cookie_secure_on_http", Fault, "The cookie is Secure, and you came by http",
		"Browsers drop Secure cookies on http. A proxy adds the attribute (proxy_cookie_flags, proxy_cookie_path), or serve.public.base_url begins with https.",
		"Serve {asked} over https, or remove the rule that adds Secure.",
	},
	{
		"cookie_none_insecure", Fault, "The cookie says SameSite=None without Secure, browsers drop it",
		"A proxy changes the attributes (proxy_cookie_flags), or takes Secure off.",
		"Remove the rule. The server sets None only with Secure, which follows from an https serve.public.base_url.",
	},
	{
		"cookie_domain", Fault, "The cookie is for another domain, browsers drop it",
		"A proxy changes the Domain of cookies: proxy_cookie_domain does not fit this host.",
		"Remove proxy_cookie_domain; the server takes the domain from serve.public.base_url, and session.cookie.domain is there for sub-domains.",
	},
	{
		"cookie_path", Fault, "The cookie is for another path, browsers do not send it with forms",
		"A proxy changes the Path of cookies: proxy_cookie_path does not fit the prefix.",
		"Remove proxy_cookie_path; the server takes the path from serve.public.base_url (session.cookie.path for the session).",
	},
	{
		"cookie_refused", Fault, "Browsers do not keep the cookie",
		"It is over as soon as it is set, or its domain is one that everybody can register names under.",
		"Look at the Set-Cookie above; remove the proxy's rules about cookies.",
	},
	{
		"cookie_stripped", Fault, "The browser's cookies do not reach the server",
		"A proxy removes or replaces the Cookie header (proxy_set_header Cookie \"\"), often together with caching. Every form is refused then, and sign-ins are lost at once.",
		"Remove that line from the location; a CDN has to forward all cookies for this address.",
	},
}
