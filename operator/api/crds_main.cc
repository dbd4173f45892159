// cairn-crds: prints the CustomResourceDefinition of a kind, as it is in crds/.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "operator/api/definitions.h"

int main(int count, char** arguments) {
    if (count != 2 || std::string_view(arguments[1]) == "--help") {
        std::printf("usage: cairn-crds KIND\nPrints the CustomResourceDefinition of a kind:\n");
        for (const std::string_view kind : cairn::api::kinds()) std::printf("  %s\n", kind.data());
        return count == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    const auto document = cairn::api::definition(arguments[1]);
    if (!document) {
        std::fprintf(stderr, "cairn-crds: %s\n", document.error().detail.c_str());
        return EXIT_FAILURE;
    }
    std::fputs(cairn::api::to_yaml(*document).c_str(), stdout);
    return EXIT_SUCCESS;
}
