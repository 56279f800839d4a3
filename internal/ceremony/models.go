package ceremony

import "encoding/hex"

// Model is the product name that an authenticator claims, empty if it claims none or an unknown one. It is a suggestion
// for the name of a key and proves nothing: without attestation an authenticator can claim any product.
func (k Key) Model() string {
	switch hex.EncodeToString(k.Authenticator.AAGUID) {
	case "fbfc3007154e4ecc8c0b6e020557d7bd":
		return "Apple Passwords"
	case "dd4ec289e01d41c9bb8970fa845d4bf2":
		return "iCloud Keychain"
	case "ea9b8d664d011d213ce4b6b48cb575d4":
		return "Google Password Manager"
	case "adce000235bcc60a648b0b25f1f05503":
		return "Chrome on Mac"
	case "08987058cadc4b81b6e130de50dcbe96", "9ddd1817af5a4672a2b93e3dd95000a9", "6028b017b1d44c02b4b3afcdafc96bb2":
		return "Windows Hello"
	case "53414d53554e47000000000000000000":
		return "Samsung Pass"
	case "bada5566a7aa401fbd9645619a55120d":
		return "1Password"
	case "d548826e79b4db40a3d811116f7e8349":
		return "Bitwarden"
	case "531126d6e717415c93203d9aa6981239":
		return "Dashlane"
	case "0ea242b443c44a1b8b17dd6d0b6baec6":
		return "Keeper"
	case "50726f746f6e5061737350726f746f6e":
		return "Proton Pass"
	case "fdb141b25d84443e8a354698c205a502":
		return "KeePassXC"
	}
	return ""
}
