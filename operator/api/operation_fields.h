#pragma once
#include "operator/api/common_fields.h"
#include "operator/api/operation.h"

// The declaration of CairnOperation. @see fields.h

namespace cairn::api {

template <class Visitor>
void fields(Visitor& visit, OperationSpec& operation) {
    static About node_name{.length_max = 63};
    visit("clusterRef", operation.cluster, kClusterReference);
    visit("kind", operation.kind, {.required = true});
    visit("nodes", operation.nodes,
          {.text = "CairnNode names; empty = all.", .items_max = 256, .set = true, .items = &node_name});
    visit("revision", operation.revision, {.length_max = 64});
    visit("acceptDataLoss", operation.accept_data_loss, {.text = "Needed by Revive."});
    visit("ttlAfterFinished", operation.ttl_after_finished);
    visit("cancel", operation.cancel, {.text = "The only mutable field."});
    visit.rule(
        {"self.kind == oldSelf.kind && has(self.nodes) == has(oldSelf.nodes) && (!has(self.nodes) || self.nodes "
         "== oldSelf.nodes)",
         "only cancel may be changed"});
    visit.rule({"self.kind != \"Revive\" || self.acceptDataLoss", "Revive needs acceptDataLoss: true"});
}

template <class Visitor>
void fields(Visitor& visit, OperationStatus& status) {
    visit("observedGeneration", status.observed_generation);
    visit("phase", status.phase);
    visit("conditions", status.conditions, kConditions);
    visit("done", status.done, {.items_max = 256, .set = true});
    visit("remaining", status.remaining, {.items_max = 256, .set = true});
    visit("message", status.message);
    visit("result", status.result);
}

}  // namespace cairn::api
