package main

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"acol/scripts/rows"
)

// message appends a field of bytes, number one of a number.
func message(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func number64(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

// float is a shape of float32, dims packed as protobuf packs them.
func float(dims ...byte) []byte { return message(number64(nil, 2, 11), 3, dims) }

func step(id uint64, opcode, target string, shape []byte, operands ...byte) []byte {
	b := number64(message(nil, 2, []byte(opcode)), 35, id)
	b = message(b, 3, shape)
	if target != "" {
		b = message(b, 28, []byte(target))
	}
	return message(b, 36, operands)
}

// program is a convolution of a parameter (2,3), whose result (5) is element 0 of a tuple, and a
// sum of that result with itself.
func program() []byte {
	tuple := message(message(number64(nil, 2, 13), 4, float(5)), 4, float(0))
	body := number64(nil, 5, 7)
	for _, i := range [][]byte{
		step(1, "parameter", "", float(2, 3)),
		step(2, "custom-call", "__cudnn$convForward", tuple, 1),
		step(3, "get-tuple-element", "", float(5), 2),
		step(4, "add", "", float(5), 3, 3),
	} {
		body = message(body, 2, i)
	}
	other := message(number64(nil, 5, 8), 2, step(9, "multiply", "", float(100)))
	module := number64(message(message(nil, 3, other), 3, body), 6, 7)
	return message(nil, 1, module)
}

func TestTrafficIsWhatTheEntryReadsAndWrites(t *testing.T) {
	got, err := readTraffic(program())
	if err != nil {
		t.Fatal(err)
	}
	// The call reads 6 values and writes 5, the sum reads 5 twice and writes 5.
	if want := int64(4 * (6 + 5 + 15)); got.bytes != want || got.instructions != 2 {
		t.Errorf("%d bytes by %d instructions, want %d by 2", got.bytes, got.instructions, want)
	}
	if got.convolutions() != 1 {
		t.Errorf("calls %v", got.calls)
	}
}

// A fusion that reads the first of four images, converted, and all of another value.
func TestASliceReadsAPartOfAValue(t *testing.T) {
	parameter := func(id uint64, number uint64, shape []byte) []byte {
		return number64(step(id, "parameter", "", shape), 9, number)
	}
	inside := number64(nil, 5, 8)
	for _, i := range [][]byte{
		parameter(10, 0, float(4, 5)), step(11, "convert", "", float(4, 5), 10),
		step(12, "slice", "", float(1, 5), 11), parameter(13, 1, float(5)),
		step(14, "add", "", float(5), 12, 13),
	} {
		inside = message(inside, 2, i)
	}
	entry := number64(nil, 5, 7)
	for _, i := range [][]byte{
		step(1, "parameter", "", float(4, 5)), step(2, "parameter", "", float(5)),
		message(step(3, "fusion", "", float(5), 1, 2), 38, []byte{8}),
	} {
		entry = message(entry, 2, i)
	}
	module := number64(message(message(nil, 3, inside), 3, entry), 6, 7)
	got, err := readTraffic(message(nil, 1, module))
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(4 * (5 + 5 + 5)); got.bytes != want {
		t.Errorf("%d bytes, want %d", got.bytes, want)
	}
}

func TestADamagedProgramIsAnError(t *testing.T) {
	whole := program()
	for n := range whole {
		if _, err := readTraffic(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are no error", n, len(whole))
		}
	}
}

func TestTheRoofIsTheNearerBound(t *testing.T) {
	row := func(precision, flops, bytes string) rows.Row {
		return rows.Row{"network": "net", "batch": "100", "size": "224", "precision": precision,
			"peak": "2000000000", "flops": flops, "bytes": bytes}
	}
	var out strings.Builder
	// 0.67 TFLOP take 10 ms in fp32 and 1.35 ms in tf32; 6.7 GB take 2 ms, 3.35 GB 1 ms.
	err := printTable(&out, []rows.Row{row("fp32", "670000000000", "6700000000"),
		row("bf16", "670000000000", "3350000000")})
	want := "| net | 100 | 2.0 | 2.0 | 0.67 | 6.7 | 3.4 | 10000 p | 50000 m | 100000 m |\n"
	if err != nil || !strings.HasSuffix(out.String(), want) {
		t.Errorf("%v: table\n%s, want its last line to be\n%s", err, &out, want)
	}
}
