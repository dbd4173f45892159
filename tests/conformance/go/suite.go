package conformance

// The test suite that the client's module carries is built from here, so its dependencies are pinned here too.
import (
	_ "github.com/onsi/ginkgo/v2"
	_ "github.com/onsi/gomega"
)
