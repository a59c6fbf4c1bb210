package backend

import "unsafe"

const bytesOfWord = int(unsafe.Sizeof(float32(0)))

// WordsOfBytes is how many words n bytes take.
func WordsOfBytes(n int) int { return (n + bytesOfWord - 1) / bytesOfWord }

// AsBytes is the memory of words as n bytes, whose capacity is that of whole words.
func AsBytes(words []float32, n int) []byte {
	if n == 0 {
		return nil
	}
	whole := words[:WordsOfBytes(n)]
	return unsafe.Slice((*byte)(unsafe.Pointer(&whole[0])), len(whole)*bytesOfWord)[:n]
}

// AsWords is the memory of bytes as words; false where it does not begin with a word or ends within
// one. That of AsBytes does not.
func AsWords(b []byte) ([]float32, bool) {
	n := WordsOfBytes(len(b))
	if n == 0 || cap(b) < n*bytesOfWord ||
		uintptr(unsafe.Pointer(&b[0]))%unsafe.Alignof(float32(0)) != 0 {
		return nil, n == 0
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n), true
}
