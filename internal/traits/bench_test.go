package traits

import "testing"

// BenchmarkSubmission measures what one registration costs here.
func BenchmarkSubmission(b *testing.B) {
	s := schemaFile(b, "person")
	for name, in := range map[string]Input{
		"form": formInput(b, "traits.email=jane%40example.org&traits.name.first=Jane&traits.age=33&traits.newsletter=on&traits.tags=a&traits.tags=b"),
		"json": members(b, `{"traits":{"email":"jane@example.org","name":{"first":"Jane"},"age":33,"newsletter":true,"tags":["a","b"]}}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				traits, err := s.Decode(in)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Validate(traits); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Annotations(traits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInvalid measures what a submission with many mistakes costs.
func BenchmarkInvalid(b *testing.B) {
	s := schemaFile(b, "person")
	traits, err := s.Decode(formInput(b, "traits.email=nope&traits.name.first=J&traits.age=abc&traits.newsletter=maybe&traits.plan=x"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if s.Validate(traits) == nil {
			b.Fatal("valid")
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(defaultSchema); err != nil {
			b.Fatal(err)
		}
	}
}
