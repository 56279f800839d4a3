package deploy

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/doctor"
)

var here = net.IPv4(127, 0, 0, 1)

// toHTTPS is a right deployment that ends TLS in nginx.
var toHTTPS = plan{asked: "https://127.0.0.1:{port}/", tls: &certificate{address: here}, trusted: true}

// sibling is a right deployment beside an application below the same domain, but for the
// session cookie.
func sibling(settings ...string) plan {
	const app = "https://app.example.test"
	return plan{
		asked: "https://auth.example.test:{port}/", tls: &certificate{name: "auth.example.test"}, trusted: true, origin: app,
		settings: append(settings, "SELFSERVICE_WHITELISTED_RETURN_URLS="+app, "SERVE_PUBLIC_CORS_ENABLED=true",
			"SERVE_PUBLIC_CORS_ALLOWED_ORIGINS="+app, "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true"),
	}
}

func TestTheDoctorFindsNothingInARightDeployment(t *testing.T) {
	t.Parallel()
	plans := map[string]plan{
		"nginx":          {},
		"nginx with TLS": toHTTPS,
		"http that leads to https": {
			asked: "http://127.0.0.1:{port}/", settings: []string{"SERVE_PUBLIC_BASE_URL=https://127.0.0.1:{port}/"},
			tls: &certificate{address: here}, trusted: true, server: "error_page 497 =301 https://127.0.0.1:{port}$request_uri;",
		},
		"below a path":          {asked: "http://127.0.0.1:{port}/auth/", server: "location /auth/ { proxy_pass http://{upstream}/; }", location: "return 404;"},
		"with the usual header": {location: right + "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-For $remote_addr; gzip on; gzip_types *; gzip_min_length 1;"},
		"with an application on the same site": {
			origin:   "http://127.0.0.1:3000",
			settings: []string{"SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=http://127.0.0.1:3000", "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true"},
		},
		"with a proxy that is trusted": {
			admin: true, location: right + "proxy_set_header X-Forwarded-For $remote_addr;", settings: []string{"SERVE_TRUSTED_PROXIES=127.0.0.1"},
		},
		"with an application below the same domain": sibling("SESSION_COOKIE_DOMAIN=example.test"),
	}
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := deploy(t, p)
			report := doctor.Examine(t.Context(), c)
			if report.Headline != nil {
				t.Errorf("found %+v", *report.Headline)
			}
			for _, check := range report.Checks {
				if check.Status != doctor.OK {
					t.Errorf("%s: %s, %s", check.Name, check.Status, check.Seen)
				}
			}
		})
	}
}

func TestTheDoctorFindsNothingWrongWithWhatIsUnusual(t *testing.T) {
	t.Parallel()
	plans := map[string]plan{ // by what the skipped checks say
		"your own": {
			settings: []string{"SELFSERVICE_FLOWS_LOGIN_UI_URL=http://127.0.0.1:{port}/app/login"},
			server:   "location /app/login { return 308 /app/login/; } location /app/login/ { return 200 mine; }",
		},
		"/health is not let through":   {server: "location /health/ { return 404; }"},
		"there is no password form":    {settings: []string{"SELFSERVICE_METHODS_PASSWORD_ENABLED=false"}},
		"/health is not let through  ": {server: "location /health/ { default_type text/html; return 200 mine; }"},
	}
	for why, p := range plans {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			_, c := deploy(t, p)
			report := doctor.Examine(t.Context(), c)
			if report.Headline != nil {
				t.Errorf("found %+v", *report.Headline)
			}
			skipped := 0
			for _, check := range report.Checks {
				if check.Status == doctor.Skipped {
					skipped++
					if !strings.Contains(check.Seen, strings.TrimSpace(why)) && check.Seen != "nothing was sent" {
						t.Errorf("%s: %s, %s", check.Name, check.Status, check.Seen)
					}
				}
			}
			if skipped == 0 {
				t.Error("nothing was skipped")
			}
		})
	}
}

func TestTheDoctorFindsNothingWithoutAProxy(t *testing.T) {
	t.Parallel()
	d, c := deploy(t, plan{settings: []string{"SERVE_PUBLIC_BASE_URL=http://{upstream}/"}})
	var err error
	if c.URL, err = c.URL.Parse(d.public.URL); err != nil {
		t.Fatal(err)
	}
	if c.Admin, err = c.URL.Parse(d.admin.URL); err != nil {
		t.Fatal(err)
	}
	for _, check := range doctor.Examine(t.Context(), c).Checks {
		if check.Status != doctor.OK {
			t.Errorf("%s: %s, %s", check.Name, check.Status, check.Seen)
		}
	}
}

// faults are the deployments that are broken on purpose, by what has to be the
// headline.
var faults = []struct {
	name, code string
	plan       plan
}{
	// Where it leads.
	{"proxy_pass adds a path", "path_changed", plan{location: "proxy_pass http://{upstream}/auth/;"}},
	{"a prefix is not taken off", "path_changed", plan{asked: "http://127.0.0.1:{port}/auth/", location: "proxy_pass http://{upstream};"}},
	{"the server does not know its prefix", "base_url_path", plan{
		asked: "http://127.0.0.1:{port}/auth/", settings: []string{"SERVE_PUBLIC_BASE_URL=http://127.0.0.1:{port}/"},
		server: "location /auth/ { proxy_pass http://{upstream}/; }", location: "return 404;",
	}},
	{"localhost against 127.0.0.1", "base_url_loopback", plan{settings: []string{"SERVE_PUBLIC_BASE_URL=http://localhost:{port}/"}}},
	{"another host", "base_url_host", plan{settings: []string{"SERVE_PUBLIC_BASE_URL=http://auth.example.org/"}}},
	{"the port of the server", "base_url_port", plan{settings: []string{"SERVE_PUBLIC_BASE_URL=http://{upstream}/"}}},
	{"https on http", "https_base_on_http", plan{settings: []string{"SERVE_PUBLIC_BASE_URL=https://127.0.0.1:{port}/"}}},
	{"http on https", "http_base_on_https", plan{
		asked: "https://127.0.0.1:{port}/", settings: []string{"SERVE_PUBLIC_BASE_URL=http://127.0.0.1:{port}/"}, tls: &certificate{address: here}, trusted: true,
	}},
	{"upstream down", "upstream_down", plan{location: "proxy_pass http://127.0.0.1:1;"}},
	{"not Symbolon", "not_symbolon", plan{location: `default_type text/html; return 200 "<h1>Welcome to nginx!</h1>";`}},
	{"not found at all", "not_symbolon", plan{location: "return 404;"}},
	{"http to an https port", "http_to_https_port", plan{tls: &certificate{address: here}}},
	{"https to an http port", "tls_not_spoken", plan{asked: "https://127.0.0.1:{port}/"}},
	{"a redirect to https where nothing is", "https_redirect_dead", plan{location: "return 301 https://127.0.0.1:1$request_uri;"}},
	{"a redirect to another port", "redirected_elsewhere", plan{location: "return 302 http://127.0.0.1:1$request_uri;"}},
	{"a redirect to another host", "redirected_elsewhere", plan{location: "return 302 https://www.example.org/;"}},
	{"a redirect that adds slashes", "redirect_rule", plan{location: "rewrite ^([^.]*[^/])$ $1/ permanent; " + right}},
	{"a login of the proxy", "proxy_login", plan{location: right + " auth_basic x; auth_basic_user_file {folder}/users;"}},
	{"an error of the server", "server_failing", plan{location: "return 500;"}},
	{"a proxy that gives up", "upstream_slow", plan{location: "return 504;"}},
	{"a proxy that hangs up", "cut", plan{location: "return 444;"}},
	{"too tight a limit", "rate_limited", plan{outside: "limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;", location: right + " limit_req zone=one burst=3 nodelay; limit_req_status 429;"}},
	{"only some paths", "route_blocked", plan{server: "location /health/ { " + right + " } location /version { " + right + " }", location: "return 403;"}},

	// Certificates.
	{"a self-signed certificate", "tls_self_signed", plan{asked: toHTTPS.asked, tls: &certificate{address: here, selfSigned: true}}},
	{"an unknown authority", "tls_unknown_authority", plan{asked: toHTTPS.asked, tls: &certificate{address: here}}},
	{"a certificate for another name", "tls_wrong_name", plan{asked: toHTTPS.asked, tls: &certificate{address: net.IPv4(127, 0, 0, 2)}, trusted: true}},
	{"an expired certificate", "tls_expired", plan{asked: toHTTPS.asked, tls: &certificate{address: here, ended: true}, trusted: true}},

	// The server and its neighbours.
	{"the admin listener", "admin_instead", plan{location: "proxy_pass http://{admin};"}},
	{"admin exposed", "admin_exposed", plan{server: "location /identities { proxy_pass http://{admin}; }"}},
	{"admin exposed below a path", "admin_exposed", plan{server: "location /admin/ { proxy_pass http://{admin}/; }"}},
	{"admin exposed with a token", "admin_exposed", plan{server: "location /identities { proxy_pass http://{admin}; }", settings: []string{"SERVE_ADMIN_TOKEN=a-token-that-is-not-known"}}},
	{"a clock that is ahead", "clock_skew", plan{offset: 20 * time.Minute}},
	{"a clock that is behind", "clock_skew", plan{offset: -20 * time.Minute}},
	{"a clock that drifts", "clock_drift", plan{offset: 20 * time.Second}},
	{"a login that is over at once", "lifetime_short", plan{settings: []string{"SELFSERVICE_FLOWS_LOGIN_LIFESPAN=1s"}}},
	{"a login in a hurry", "lifetime_tight", plan{settings: []string{"SELFSERVICE_FLOWS_LOGIN_LIFESPAN=2m"}}},

	// Caches.
	{"everything is cached", "answers_cached", plan{
		outside:  "proxy_cache_path {folder}/cache keys_zone=all:1m;",
		location: right + " proxy_cache all; proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; proxy_cache_valid any 10m;",
	}},
	{"the login page is cached", "answers_cached", plan{
		outside: "proxy_cache_path {folder}/cache keys_zone=all:1m;",
		server:  "location = /login { " + right + " proxy_cache all; proxy_cache_key $uri; proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; proxy_cache_valid any 10m; }",
	}},
	{"Cache-Control is replaced", "cache_control_changed", plan{location: right + ` proxy_hide_header Cache-Control; add_header Cache-Control "public, max-age=600";`}},

	// Cookies.
	{"Set-Cookie is stripped", "set_cookie_stripped", plan{location: right + " proxy_hide_header Set-Cookie;"}},
	{"Cookie is stripped", "cookie_stripped", plan{location: right + ` proxy_set_header Cookie "";`}},
	{"a wrong cookie domain", "cookie_domain", plan{location: right + " proxy_cookie_domain 127.0.0.1 auth.example.org;"}},
	{"a wrong cookie path", "cookie_path", plan{location: right + " proxy_cookie_path / /app/;"}},
	{"a cookie that is over at once", "cookie_refused", plan{location: right + ` proxy_hide_header Set-Cookie; add_header Set-Cookie "csrf_token=x; Path=/; Max-Age=0";`}},
	{"Secure added on http", "cookie_secure_on_http", plan{location: right + " proxy_cookie_flags ~ secure;"}},
	{"SameSite=None on http", "cookie_none_insecure", plan{location: right + " proxy_cookie_flags ~ samesite=none;"}},

	// Pages and forms.
	{"the query is dropped", "query_stripped", plan{location: "rewrite ^ $uri? break; " + right}},
	{"the answer is rewritten", "body_changed", plan{location: right + ` sub_filter_types *; sub_filter_once off; sub_filter http:// https://;`}},
	{"the page is rewritten", "body_changed", plan{location: right + ` sub_filter_once off; sub_filter /self-service/ /account/;`}},
	{"the token is taken for something else", "body_changed", plan{location: right + ` sub_filter_types application/json; sub_filter csrf_token token;`}},
	{"a compression that is none", "body_unreadable", plan{location: right + " add_header Content-Encoding gzip;"}},
	{"a login page that does not answer", "page_unreachable", plan{settings: []string{"SELFSERVICE_FLOWS_LOGIN_UI_URL=http://127.0.0.1:1/login"}}},
	{"the page's own location", "page_unreachable", plan{location: right + " proxy_redirect http://127.0.0.1:{port}/ http://127.0.0.1:{port}/app/;"}},
	{"styles from the proxy's disk", "files_missing", plan{server: `location ~ \.css$ { root {folder}; }`}},
	{"headers are hidden", "headers_dropped", plan{location: right + " proxy_hide_header Content-Security-Policy;"}},
	{"a redirect of forms", "post_redirected", plan{location: "if ($request_method = POST) { return 301 http://$http_host$request_uri; } " + right}},
	{"forms are refused", "post_blocked", plan{location: right + " limit_except GET { deny all; }"}},
	{"forms without cookies", "form_refused_csrf", plan{location: right + ` set $cookies $http_cookie; if ($request_method = POST) { set $cookies ""; } proxy_set_header Cookie $cookies;`}},
	{"two servers with two databases", "flow_lost", plan{second: true, server: "location = /self-service/login/flows { proxy_pass http://{second}; }"}},
	{"tiny forms", "body_limit", plan{location: right + " client_max_body_size 100;"}},
	{"small forms", "body_limit", plan{location: right + " client_max_body_size 8k;"}},
	{"Content-Type is stripped", "content_type_changed", plan{location: right + ` set $type $content_type; if ($request_method = POST) { set $type ""; } if ($http_cookie) { set $type $content_type; } proxy_set_header Content-Type $type;`}},

	// Headers.
	{"Accept is stripped", "accept_stripped", plan{location: right + ` proxy_set_header Accept "";`}},
	{"X-CSRF-Token is stripped", "csrf_header_stripped", plan{location: right + ` proxy_set_header X-CSRF-Token "";`}},
	{"Origin is stripped", "origin_stripped", plan{location: right + ` proxy_set_header Origin "";`}},

	// What the configuration takes from people.
	{"no recovery beside recovery addresses", "recovery_off", plan{settings: []string{"SELFSERVICE_FLOWS_RECOVERY_ENABLED=false"}}},
	{"no verification beside addresses to verify", "verification_off", plan{settings: []string{"SELFSERVICE_FLOWS_VERIFICATION_ENABLED=false"}}},
	{"a proxy that is not trusted", "proxy_not_trusted", plan{admin: true, location: right + " proxy_set_header X-Forwarded-For $remote_addr;"}},

	// Applications.
	{"a session that stays on its host", "cookie_misses_app", sibling()},
	{"a session for another domain", "cookie_misses_app", sibling("SESSION_COOKIE_DOMAIN=auth.example.test")},
	{"CORS is off", "cors_off", plan{origin: "http://127.0.0.1:3000"}},
	{"CORS for another application", "cors_off", plan{
		origin: "http://127.0.0.1:3000", settings: []string{"SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=http://127.0.0.1:3001"},
	}},
	{"CORS twice", "cors_twice", plan{
		origin: "http://127.0.0.1:3000", location: right + ` add_header Access-Control-Allow-Origin $http_origin always;`,
		settings: []string{"SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=http://127.0.0.1:3000", "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true"},
	}},
	{"CORS on another site", "cors_other_site", plan{
		origin:   "https://app.example.org",
		settings: []string{"SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=https://app.example.org", "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true"},
	}},
	{"a preflight that is refused", "cors_preflight", plan{
		origin: "http://127.0.0.1:3000", location: "if ($request_method = OPTIONS) { return 405; } " + right,
		settings: []string{"SERVE_PUBLIC_CORS_ENABLED=true", "SERVE_PUBLIC_CORS_ALLOWED_ORIGINS=http://127.0.0.1:3000", "SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS=true"},
	}},
}

func TestTheDoctorLooksAtTheAdminListener(t *testing.T) {
	t.Parallel()
	d, c := deploy(t, plan{})
	other, _ := deploy(t, plan{})
	for admin, code := range map[string]string{
		d.admin.URL: "", d.admin.URL + "/": "", "http://127.0.0.1:1/": "admin_unreachable", d.public.URL: "admin_wrong", other.admin.URL: "admin_other",
	} {
		var err error
		if c.Admin, err = c.URL.Parse(admin); err != nil {
			t.Fatal(err)
		}
		report := doctor.Examine(t.Context(), c)
		if last := report.Checks[len(report.Checks)-1]; last.Name != "admin" || last.Code != code {
			t.Errorf("%s: %q (%s), want %q", admin, last.Code, last.Seen, code)
		}
	}
}

func TestTheDoctorNamesThePlantedFault(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			_, c := deploy(t, f.plan)
			report := doctor.Examine(t.Context(), c)
			if report.Headline == nil {
				t.Fatalf("found nothing, want %s", f.code)
			}
			h := report.Headline
			if h.Code != f.code {
				t.Errorf("the headline is %s (%s), want %s", h.Code, h.Seen, f.code)
			}
			if h.Title == "" || h.Cause == "" || h.Remedy == "" || h.Seen == "" || strings.Contains(h.Remedy, "{asked}") {
				t.Errorf("the headline says too little: %+v", *h)
			}
		})
	}
}
