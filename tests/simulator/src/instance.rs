//! One instance: the fields SAE answers, and the things that happen to an instance.

use serde::{Deserialize, Serialize};

/// An instance as DescribeApplicationInstances shows it. The fields are the API's own, names included, so a
/// test can set any of them to anything; `Timestamp`, which moves by itself, is added when it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Instance {
    /// In the wild the name of a pod.
    pub instance_id: String,
    /// The group it belongs to.
    pub group_id: String,
    /// The status that `kubectl get pods` would show.
    pub instance_container_status: String,
    /// What the probes say.
    pub instance_health_status: String,
    /// How often the container was restarted.
    pub instance_container_restarts: u32,
    /// Internal address; empty until scheduled.
    pub instance_container_ip: String,
    /// Elastic address; empty if none.
    pub eip: String,
    /// The image it runs.
    pub image_url: String,
    /// By default epoch milliseconds as text, but users may set any.
    pub package_version: String,
    /// The vSwitch (the page that calls it a zone is wrong).
    pub v_switch_id: String,
    /// Creation began, epoch milliseconds.
    pub create_time_stamp: i64,
    /// Creation completed, epoch milliseconds; 0 until then.
    pub finish_time_stamp: i64,
    /// Whether it is being debugged.
    pub debug_status: bool,
    /// The status of the main container.
    pub main_container_status: String,
    /// The containers beside it.
    pub sidecar_containers_status: Vec<Sidecar>,
    /// Why a probe fails; empty if none does.
    pub unhealthy_message: String,
    /// Undocumented; empty in the sample.
    pub traffic_status: String,
    /// Free tags.
    pub tags: Vec<Tag>,
    /// The batch of a deploy that made it; a filter, never answered.
    #[serde(skip)]
    pub pipeline_id: String,
    /// Whether the application has probes, so that a recovery knows what health to return to.
    #[serde(skip)]
    pub(crate) probed: bool,
}

/// A container beside the main one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sidecar {
    /// Its name.
    pub container_id: String,
    /// Its status.
    pub container_status: String,
    /// Its image.
    pub image_url: String,
}

/// A tag of an instance or of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The name.
    pub key: String,
    /// The value.
    pub value: String,
}

impl Instance {
    /// It waits to be scheduled: no address yet.
    pub fn wait_for_scheduling(&mut self) {
        self.instance_container_ip.clear();
        self.finish_time_stamp = 0;
        self.show("Pending", "NotCheckedYet", "");
    }

    /// Its first init container of one runs.
    pub fn initialize(&mut self) {
        self.finish_time_stamp = 0;
        self.show("Init:0/1", "NotCheckedYet", "");
    }

    /// Its container runs, and no probe has been answered yet.
    pub fn start(&mut self) {
        self.finish_time_stamp = now();
        self.show("Running", "NotCheckedYet", "");
    }

    /// Its process ends at once again and again: one restart more, in back-off.
    pub fn crash(&mut self) {
        self.instance_container_restarts += 1;
        self.show("CrashLoopBackOff", "Unhealthy", "back-off 5m0s restarting failed container");
    }

    /// Its process was ended for want of memory: one restart more.
    pub fn run_out_of_memory(&mut self) {
        self.instance_container_restarts += 1;
        self.show("OOMKilled", "Unhealthy", "container was killed: out of memory");
    }

    /// Its image cannot be had.
    pub fn fail_image_pull(&mut self) {
        self.finish_time_stamp = 0;
        self.show("ImagePullBackOff", "NotCheckedYet", "Back-off pulling image");
    }

    /// It runs, but is out of traffic.
    pub fn fail_readiness(&mut self) {
        let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
        self.show("Running", "ReadinessUnhealthy", message);
    }

    /// It runs, but SAE is about to restart it.
    pub fn fail_liveness(&mut self) {
        let message =
            "Liveness probe failed: Get \"http://127.0.0.1:8080/healthz\": context deadline exceeded";
        self.show("Running", "LivenessUnhealthy", message);
    }

    /// It runs again: one restart more, all probes passed.
    pub fn restart(&mut self) {
        self.instance_container_restarts += 1;
        self.recover();
    }

    /// It runs and all probes pass.
    pub fn recover(&mut self) {
        if self.finish_time_stamp == 0 {
            self.finish_time_stamp = now();
        }
        let health = if self.probed { "Healthy" } else { "WithoutHealthCheckConfig" };
        self.show("Running", health, "");
    }

    /// It is being taken away; its health is no longer looked at.
    pub fn terminate(&mut self) {
        let health = self.instance_health_status.clone();
        self.show("Terminating", &health, "");
    }

    /// Any container status and health status, the main container as the whole.
    pub fn show(&mut self, container: &str, health: &str, message: &str) {
        container.clone_into(&mut self.instance_container_status);
        container.clone_into(&mut self.main_container_status);
        health.clone_into(&mut self.instance_health_status);
        message.clone_into(&mut self.unhealthy_message);
    }

    /// Whether its container runs, which is what SAE's own counters count, sick or not.
    pub fn runs(&self) -> bool {
        self.instance_container_status == "Running"
    }

    /// Whether it is not ready, or not well: what SAE may mean by an abnormal instance. One that is being taken away is
    /// neither.
    pub fn fails(&self) -> bool {
        let is_well = matches!(self.instance_health_status.as_str(), "Healthy" | "WithoutHealthCheckConfig");
        let is_ready = self.runs() && is_well;
        !self.is_terminating() && !is_ready
    }

    pub(crate) fn is_terminating(&self) -> bool {
        self.instance_container_status == "Terminating"
    }
}

/// Epoch milliseconds of this machine.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
