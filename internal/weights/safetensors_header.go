package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// header is the JSON object at the start of a safetensors file, its syntax checked but not its
// numbers.
type header struct {
	metadata map[string]string
	tensors  []headerTensor // in the text's order
}

// headerTensor is the description of one tensor.
type headerTensor struct {
	name       string
	dtype      DType
	shape      []int
	begin, end uint64 // of the data, in bytes after the header
}

// parseHeader walks the JSON token by token: encoding/json's structs would let duplicate keys and
// keys of another case pass.
func parseHeader(text []byte) (*header, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("want a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	h := &header{metadata: map[string]string{}}
	err := object(dec, func(name string) (err error) {
		if name == "__metadata__" {
			err = object(dec, func(key string) error {
				value, err := token[string](dec)
				h.metadata[key] = value
				return err
			})
		} else {
			var t headerTensor
			t, err = parseTensor(dec, name)
			h.tensors = append(h.tensors, t)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", quote(name), err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	return h, nil
}

// parseTensor reads the description of one tensor.
func parseTensor(dec *json.Decoder, name string) (headerTensor, error) {
	t := headerTensor{name: name}
	var offsets []uint64
	var hasDType, hasShape bool
	err := object(dec, func(key string) error {
		switch key {
		case "dtype":
			s, err := token[string](dec)
			t.dtype, hasDType = DType(s), true
			return err
		case "shape":
			hasShape = true
			t.shape = []int{}
			return numbers(dec, strconv.IntSize-1, func(n uint64) {
				if len(t.shape) <= maxRank { // one too many is enough to refuse it
					t.shape = append(t.shape, int(n))
				}
			})
		case "data_offsets":
			return numbers(dec, 64, func(n uint64) {
				if len(offsets) <= 2 {
					offsets = append(offsets, n)
				}
			})
		}
		var ignored json.RawMessage // the reference lets other keys pass
		return dec.Decode(&ignored)
	})
	switch {
	case err != nil:
		return t, err
	case !hasDType || !hasShape:
		return t, errors.New("want dtype, shape and data_offsets")
	case len(t.shape) > maxRank:
		return t, fmt.Errorf("more than %d axes", maxRank)
	case len(offsets) != 2:
		return t, errors.New("want 2 data_offsets")
	}
	t.begin, t.end = offsets[0], offsets[1]
	return t, nil
}

// object reads a JSON object and calls member, which must read the value, for each key. A key that
// comes twice is an error.
func object(dec *json.Decoder, member func(key string) error) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := token[string](dec)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s: the name comes twice", quote(key))
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	return delim(dec, '}')
}

// numbers reads a JSON array of integers from 0 to 2^bits-1.
func numbers(dec *json.Decoder, bits int, add func(uint64)) error {
	if err := delim(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		text, err := token[json.Number](dec)
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(text.String(), 10, bits)
		if err != nil {
			return fmt.Errorf("got %s, want an integer from 0 to 2^%d-1",
				quote(text.String()), bits)
		}
		add(n)
	}
	return delim(dec, ']')
}

// delim reads a delimiter of JSON, which must be want.
func delim(dec *json.Decoder, want json.Delim) error {
	got, err := token[json.Delim](dec)
	if err == nil && got != want {
		err = fmt.Errorf("got %v, want %v", got, want)
	}
	return err
}

// token reads the next JSON token, which must be a T.
func token[T any](dec *json.Decoder) (T, error) {
	var want T
	tok, err := dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return want, fmt.Errorf("broken JSON: %w", err)
	}
	got, ok := tok.(T)
	if !ok {
		return want, fmt.Errorf("at byte %d: got %s, want %s",
			dec.InputOffset(), kind(tok), kind(want))
	}
	return got, nil
}

// kind names the kind of a JSON token for a message.
func kind(tok any) string {
	switch t := tok.(type) {
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case json.Delim:
		if t == 0 {
			return "an object or an array"
		}
		return t.String()
	case bool:
		return "a boolean"
	}
	return "null"
}
