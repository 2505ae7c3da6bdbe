//! The allow-list: the operations that may be sent. There is no way to send another.

/// An operation that may be sent. Some of SAE's GET operations change things or hand out a shell, so no other name can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// DescribeApplicationInstances.
    Instances,
    /// DescribeApplicationGroups.
    Groups,
    /// ListApplications.
    Applications,
    /// DescribeApplicationStatus.
    Status,
    /// GetAvailabilityMetric.
    Availability,
    /// ListChangeOrders.
    ChangeOrders,
    /// DescribeChangeOrder.
    ChangeOrder,
    /// ListAppEvents.
    Events,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Instances,
        Self::Groups,
        Self::Applications,
        Self::Status,
        Self::Availability,
        Self::ChangeOrders,
        Self::ChangeOrder,
        Self::Events,
    ];

    /// The operation's name, as SAE documents it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instances => "DescribeApplicationInstances",
            Self::Groups => "DescribeApplicationGroups",
            Self::Applications => "ListApplications",
            Self::Status => "DescribeApplicationStatus",
            Self::Availability => "GetAvailabilityMetric",
            Self::ChangeOrders => "ListChangeOrders",
            Self::ChangeOrder => "DescribeChangeOrder",
            Self::Events => "ListAppEvents",
        }
    }

    /// The path that selects it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Instances => "/pop/v1/sam/app/describeApplicationInstances",
            Self::Groups => "/pop/v1/sam/app/describeApplicationGroups",
            Self::Applications => "/pop/v1/sam/app/listApplications",
            Self::Status => "/pop/v1/sam/app/describeApplicationStatus",
            Self::Availability => "/pop/v1/sam/getAvailabilityMetric",
            Self::ChangeOrders => "/pop/v1/sam/changeorder/ListChangeOrders",
            Self::ChangeOrder => "/pop/v1/sam/changeorder/DescribeChangeOrder",
            Self::Events => "/pop/v1/sam/app/listAppEvents",
        }
    }
}
