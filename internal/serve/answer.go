package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"

	"acol/internal/regular"
)

// statusError is an error with the status that a client gets.
type statusError struct {
	status int
	error
}

func (e statusError) Unwrap() error { return e.error }

// badf is the error of a request that is wrong.
func badf(format string, args ...any) error {
	return statusError{http.StatusBadRequest, fmt.Errorf(format, args...)}
}

// refusal is the body of an answer that is an error.
type refusal struct {
	Error string `json:"error"`
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(refusal{msg})
}

// answer makes a handler of a function that returns an error.
func (s *Server) answer(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		if err == nil || r.Context().Err() != nil { // nobody waits for it any more
			return
		}
		var known statusError
		var long *http.MaxBytesError
		switch {
		case errors.Is(err, errBusy), regular.Lacking(err):
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusServiceUnavailable, err.Error())
		case errors.As(err, &long):
			refuse(w, http.StatusRequestEntityTooLarge,
				fmt.Sprintf("the image is larger than %d MiB", long.Limit>>20))
		case errors.As(err, &known):
			refuse(w, known.status, err.Error())
		default:
			if s.opt.Log != nil {
				s.opt.Log(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
			}
			refuse(w, http.StatusInternalServerError, "the server failed; acol serve printed why")
		}
	}
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(text, '\n'))
	return clientGone(err)
}

// writePNG answers with a picture. A name makes it a file that a browser saves.
func writePNG(w http.ResponseWriter, img image.Image, name string) error {
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img); err != nil {
		return err
	}
	if name != "" {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	}
	return writeBytes(w, "image/png", out.Bytes())
}

// photoQuality is that of JPEGs, from 1 to 100.
const photoQuality = 88

func encodeJPEG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: photoQuality})
	return out.Bytes(), err
}

func writeBytes(w http.ResponseWriter, kind string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return clientGone(err)
}

// clientGone drops the error of a client that does not read its answer.
func clientGone(err error) error {
	if err != nil {
		return context.Canceled
	}
	return nil
}
