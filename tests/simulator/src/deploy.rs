//! A rolling deploy, one step at a time: a new instance appears, runs, and an old one leaves.

use crate::application::Application;
use crate::instance::Instance;

/// A deploy under way.
#[derive(Clone, Debug)]
pub(crate) struct Rollout {
    pub(crate) pipeline_id: String,
    image: String,
    package_version: String,
}

impl Rollout {
    fn made(&self, instance: &Instance) -> bool {
        instance.image_url == self.image && instance.package_version == self.package_version
    }
}

impl Application {
    /// Begins a rolling deploy of another image; answers its `PipelineId`. Nothing moves before
    /// [`Self::step`].
    pub fn deploy(&mut self, image: &str) -> String {
        self.begin_order("CoDeploy");
        image.clone_into(&mut self.image);
        self.package_version = crate::instance::now().to_string();
        let pipeline_id = format!("{}-pipeline-{}", self.id, self.change_orders.len());
        self.rollout = Some(Rollout {
            pipeline_id: pipeline_id.clone(),
            image: self.image.clone(),
            package_version: self.package_version.clone(),
        });
        pipeline_id
    }

    /// One step of the deploy in every group: first what terminates goes; else a new instance that starts
    /// begins to run and an old one terminates; else a new one appears beside the wanted number. False
    /// once the deploy is over.
    pub fn step(&mut self) -> bool {
        let Some(rollout) = self.rollout.clone() else { return false };
        let moved = (0..self.groups.len()).filter(|group| self.step_group(*group, &rollout)).count();
        if moved == 0 {
            self.rollout = None;
            self.end_order(None);
        }
        moved > 0
    }

    /// All steps of the deploy that are left.
    pub fn finish_deploy(&mut self) {
        while self.step() {}
    }

    /// SAE gives up the deploy, and says this of its change order; the instances stay as they are.
    pub fn fail_deploy(&mut self, message: &str) {
        self.rollout = None;
        self.end_order(Some(message));
    }

    fn step_group(&mut self, group: usize, rollout: &Rollout) -> bool {
        let instances = &mut self.groups[group].instances;
        let before = instances.len();
        instances.retain(|instance| !instance.is_terminating());
        if instances.len() < before {
            return true;
        }
        if let Some(fresh) = instances.iter_mut().find(|new| rollout.made(new) && !new.runs()) {
            fresh.recover();
            if let Some(old) = instances.iter_mut().find(|old| !rollout.made(old)) {
                old.terminate();
            }
            return true;
        }
        if instances.iter().any(|old| !rollout.made(old)) {
            let mut fresh = self.make_instance(group);
            fresh.show("PodInitializing", "NotCheckedYet", "");
            self.groups[group].instances.push(fresh);
            return true;
        }
        false
    }
}
