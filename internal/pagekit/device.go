package pagekit

import (
	"cmp"
	"net"

	"github.com/mileusna/useragent"
)

// Device names what a session was made with, as people know it: the browser and the
// system, either empty if the header User-Agent does not tell.
func Device(header string) (browser, system string) {
	agent := useragent.Parse(header)
	if agent.Bot || len(agent.Name) > 40 || len(agent.OS) > 40 {
		return "", ""
	}
	system = agent.OS
	if agent.Device == "iPhone" || agent.Device == "iPad" {
		system = agent.Device
	}
	return agent.Name, system
}

// DeviceText is the same as one text that needs no translation, such as "Firefox, Windows"; the header itself where it
// tells neither.
func DeviceText(header string) string {
	browser, system := Device(header)
	if browser == "" || system == "" {
		return cmp.Or(browser, system, header)
	}
	return browser + ", " + system
}

// Host is the address of a client without its port, which says nothing to people.
func Host(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
