#pragma once
#include "operator/api/cluster_spec.h"

// What the values of enumerations are called in YAML, in their order.

namespace cairn::api {

#define CAIRN_API_NAMES(Type, ...) \
    template <> \
    struct Names<Type> { \
        static constexpr std::string_view kAll[] = {__VA_ARGS__}; \
    }

CAIRN_API_NAMES(VolumeRole, "Data", "Work", "Wal");
CAIRN_API_NAMES(VolumeMode, "Filesystem", "Block");
CAIRN_API_NAMES(AccessMode, "ReadWriteOnce", "ReadWriteOncePod");
CAIRN_API_NAMES(Keep, "Retain", "Delete");
CAIRN_API_NAMES(Wipe, "None", "Header", "Discard", "Zero");
CAIRN_API_NAMES(Engine, "Memory", "File", "Device");
CAIRN_API_NAMES(IndexPlace, "Memory", "Volume");
CAIRN_API_NAMES(Spread, "Required", "Preferred");
CAIRN_API_NAMES(PullPolicy, "Always", "IfNotPresent", "Never");
CAIRN_API_NAMES(Access, "Pod", "HostInternal", "HostExternal", "NodePort", "LoadBalancer", "Custom");
CAIRN_API_NAMES(ServiceType, "ClusterIP", "LoadBalancer", "NodePort");
CAIRN_API_NAMES(TlsMode, "Off", "Optional", "Required");
CAIRN_API_NAMES(ClientAuth, "None", "Optional", "Required");
CAIRN_API_NAMES(IpFamily, "IPv4", "IPv6");
CAIRN_API_NAMES(IssuerKind, "Issuer", "ClusterIssuer");
CAIRN_API_NAMES(UpdateStrategy, "Rolling", "OnDelete", "Paused");
CAIRN_API_NAMES(UpdateOrder, "RackByRack", "Spread");
CAIRN_API_NAMES(DynamicConfig, "Apply", "Restart");
CAIRN_API_NAMES(OperatorUpgrade, "Defer", "Roll");
CAIRN_API_NAMES(NodeLost, "Replace", "Wait");
CAIRN_API_NAMES(BudgetKind, "Dynamic", "Static", "None");
CAIRN_API_NAMES(Drain, "Restart", "Migrate");

}  // namespace cairn::api
