package ceremony

import (
	"crypto/elliptic"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Decoy returns a made-up key of ES256, the commonest algorithm. To judge an answer against it is the same work as for a
// real one. The caller must refuse every answer: the public key is the base point of the curve.
func Decoy(id []byte) Key {
	base := elliptic.P256().Params()
	// A struct of numbers and bytes always encodes.
	public, _ := webauthncbor.Marshal(webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: base.Gx.FillBytes(make([]byte, 32)), YCoord: base.Gy.FillBytes(make([]byte, 32)),
	})
	return Key{ID: id, PublicKey: public}
}
