// Command dist builds acol for other machines: one archive for each system and processor, with the
// licences and the documentation inside, and SHA256SUMS beside. The programs have the portable
// kernels, need no library, and are the same bytes wherever and whenever they are built from the
// same commit by the same release of Go.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// platforms are the systems and processors that archives are made for.
var platforms = []string{
	"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
}

func main() {
	out := flag.String("out", "dist", "the `FOLDER` that the archives are written to")
	version := flag.String("version", "", "the `VERSION` that the program tells; git's by default")
	only := flag.String("only", strings.Join(platforms, ","), "the `PLATFORMS` to build for")
	flag.Parse()
	if err := run(*out, *version, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// run builds the platforms and writes their archives, and SHA256SUMS, to the folder out.
func run(out, version string, only []string) error {
	if version == "" {
		described, err := command(nil, "git", "describe", "--tags", "--always", "--dirty")
		if err != nil {
			return fmt.Errorf("asking git for the version: %w; name one by -version", err)
		}
		version = described
	}
	if strings.ContainsAny(version, `/\ `) {
		return fmt.Errorf("version %q has a slash or a space", version)
	}
	date, err := sourceDate()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	var made []string
	for _, p := range only {
		file, err := buildOne(out, version, p, date)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		fmt.Println(file)
		made = append(made, file)
	}
	return writeSums(filepath.Join(out, "SHA256SUMS"), made)
}

// buildOne compiles for one platform, such as linux/arm64, and returns the path of its archive.
func buildOne(out, version, platform string, date time.Time) (string, error) {
	system, processor, ok := strings.Cut(platform, "/")
	if !ok {
		return "", fmt.Errorf("it is no platform: want one like %s", platforms[0])
	}
	temporary, err := os.MkdirTemp("", "acol-dist-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	program := "acol"
	if system == "windows" {
		program += ".exe"
	}
	binary := filepath.Join(temporary, program)
	// What the user's settings of Go could change is said here.
	env := []string{
		"GOOS=" + system, "GOARCH=" + processor, "CGO_ENABLED=0", "GOFLAGS=-trimpath",
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off",
	}
	flags := "-s -w -X main.version=" + version
	if _, err := command(env, "go", "build", "-ldflags", flags, "-o", binary, "./cmd/acol"); err != nil {
		return "", err
	}
	licences, err := thirdParty(env)
	if err != nil {
		return "", err
	}
	entries, err := pages("README.md", "CHANGELOG.md", "LICENSE", "docs", "configs")
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	entries = append(entries, entry{program, content, true},
		entry{"THIRD_PARTY_LICENSES.txt", licences, false})
	base := fmt.Sprintf("acol-%s-%s-%s", version, system, processor)
	return writeArchive(filepath.Join(out, base), base, system == "windows", entries, date)
}

// sourceDate is the time that all files in the archives have: that of SOURCE_DATE_EPOCH or of the
// commit, and the first one that a zip file can hold where neither is known.
func sourceDate() (time.Time, error) {
	committed, _ := command(nil, "git", "log", "-1", "--format=%ct")
	text := cmp.Or(os.Getenv("SOURCE_DATE_EPOCH"), committed)
	if text == "" {
		return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// command runs a program with settings added to its environment, and returns what it prints
// without the spaces around.
func command(env []string, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	text, err := c.Output()
	return strings.TrimSpace(string(text)), err
}
