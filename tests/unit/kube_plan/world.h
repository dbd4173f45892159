#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/plan/planner.h"
#include "tests/unit/kube_plan/database.h"

namespace cairn::plan {

/// A model of Kubernetes with one cluster in it: the API server's objects, kubelets, and the database. It performs the
/// operator's actions, and looks at each whether it may be done. One thread; time moves with tick().
class World {
public:
    explicit World(Wish wish, int host_count);

    Wish wish;  // what the user wants now
    int64_t generation = 1;
    Seconds now = 1'800'000'000;
    bool deleting = false;
    std::string broken_revision;  // containers made from it crash
    std::vector<RestartRequest> restarts;

    struct Machine {
        Host host;
        bool powered = true;
        bool reachable = true;  // by the operator, and the API server
    };
    std::vector<Machine> machines;

    /// What a turn of the operator's loop does: looks, plans, asks, plans again, and acts.
    /// @param crash_after  actions that are done before the operator dies; none: all.
    void operate(std::optional<int> crash_after = {});
    /// Time, kubelets, the scheduler, the database.
    void tick();
    /// Turns until the operator has nothing to do and all is well. @return  within `most` turns.
    bool settles(int most);

    // Faults, by index; out of range: of none.
    void delete_pod(size_t index);
    void crash_container(size_t index);
    void delete_claim(size_t index);
    void hide_server(size_t index, int turns);
    void power(size_t machine, bool on);
    void cut(size_t machine, bool off);
    void cordon(size_t machine, bool on);
    void remove_machine(size_t machine);
    void mend();
    void ask_for(size_t index, api::NodeWish node_wish);
    void change_wish() { generation++; }

    Observed observe();
    const Plan& last_plan() const { return last_; }
    std::string text() const;
    size_t node_count() const { return nodes_.size(); }
    size_t pod_count() const { return pods_.size(); }
    size_t claim_count() const { return claims_.size(); }
    const std::vector<NodeObject> nodes() const;
    const std::vector<Pod> pods() const;
    bool has_finalizer() const { return finalizer_; }
    int revision_of_pods(const std::string& revision) const;

    /// Broken invariants, a sentence each.
    std::vector<std::string> violations;
    size_t plans = 0;
    std::map<std::string, int> done;  // how often each kind of action was

private:
    struct LivePod {
        Pod pod;
        bool process = false;  // runs, whoever knows of it
        int hidden = 0;  // turns in which the server does not answer
        int starts = 0;
    };
    void violate(const std::string& what);
    bool perform(const Action& action);
    std::string fresh() { return std::to_string(++serial_); }
    void touch(Identity& id) { id.resource_version = fresh(); }
    Machine* machine(const std::string& name);
    std::string disk_of(const NodeObject& node) const;
    void stop_process(LivePod& pod);
    bool we_stopped_in_another_rack(const std::string& rack) const;
    std::string rack_of(const LivePod& pod) const;
    void check_ready();

    bool act(const AddFinalizer&);
    bool act(const RemoveFinalizer&);
    bool act(const ApplyPassive&) { return true; }
    bool act(const CreateNode&);
    bool act(const ChangeNode&);
    bool act(const DeleteNode&);
    bool act(const CreateClaim&);
    bool act(const GrowClaim&);
    bool act(const RetireClaim&);
    bool act(const DeleteClaim&);
    bool act(const CreatePod&);
    bool act(const DeletePod&);
    bool act(const LabelPod&);
    bool act(const OpenGate&);
    bool act(const Quiesce&);
    bool act(const Unquiesce&);
    bool act(const Recluster&);
    bool act(const Forget&) { return true; }
    bool act(const SetBudget&);
    bool act(const DeleteBudget&);

    bool finalizer_ = false;
    api::ClusterStatus status_;
    std::map<std::string, NodeObject> nodes_;
    std::map<std::string, LivePod> pods_;
    std::map<std::string, Claim> claims_;
    std::map<std::string, int32_t> budgets_;
    std::map<std::string, std::string> bound_;  // node id to the disk it first ran on
    std::map<std::string, Seconds> stopped_by_us_;  // node to when; until it is complete again
    Database database_;
    uint64_t serial_ = 0;
    Plan last_;
};

/// A wish of `size` nodes and two copies, each with a claim of one volume, in racks of these names (none: automatic).
Wish a_wish(int size, const std::vector<std::string>& racks = {}, bool claims = true);

}  // namespace cairn::plan
