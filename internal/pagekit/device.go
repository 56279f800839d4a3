package pagekit

import (
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

// Host is the address of a client without its port, which says nothing to people.
func Host(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
