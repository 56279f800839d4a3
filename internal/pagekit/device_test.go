package pagekit

import "testing"

func TestDevice(t *testing.T) {
	t.Parallel()
	for header, want := range map[string][2]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  {"Firefox", "Linux"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           {"Edge", "Windows"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": {"Safari", "iPhone"},
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                   {"Chrome", "Android"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                   {"Safari", "macOS"},
		"": {"", ""},
		"Googlebot/2.1 (+http://www.google.com/bot.html)": {"", ""},
	} {
		if browser, system := Device(header); browser != want[0] || system != want[1] {
			t.Errorf("%s: %q on %q, want %q", header, browser, system, want)
		}
	}
}

func TestDeviceText(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, Linux",
		"Googlebot/2.1 (+http://www.google.com/bot.html)":                        "Googlebot/2.1 (+http://www.google.com/bot.html)",
		"curl/8.5.0": "curl",
		"":           "",
	} {
		if got := DeviceText(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"192.0.2.7:1234": "192.0.2.7", "[2001:db8::1]:80": "2001:db8::1", "2001:db8::1": "2001:db8::1", "192.0.2.7": "192.0.2.7", "": ""} {
		if got := Host(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}

func FuzzDevice(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64) <script>")
	f.Fuzz(func(t *testing.T, header string) {
		if browser, system := Device(header); len(browser) > 40 || len(system) > 40 {
			t.Errorf("%q on %q is no name", browser, system)
		}
	})
}
