//! What the simulator knows when it starts: the example of the API's own documentation, as an application
//! that a watch can look at.

use crate::application::Application;

/// The `AppId` of the documented example, its masked end (`****`) filled with plain characters.
pub const DOCUMENTED_APP_ID: &str = "0099b7be-5f5b-4512-a7fc-56049ef1aaaa";
/// The `GroupId` of the documented example, likewise. The example's `InstanceId` is the same text.
pub const DOCUMENTED_GROUP_ID: &str = "b2a8a925-477a-4ed7-b825-d5e22500aaaa";

/// The documented example: one application, one group, one running instance without health check, so a
/// watch shows it Healthy with 1/1.
///
/// Kept from the example: ids, version, times, the placeholder `空` (the word "empty" in Chinese, left there
/// by a translation) as `UnhealthyMessage`, the empty tag, `DebugStatus: true`. Not kept: its `TotalSize` of
/// 10 beside one instance, which no real answer can mean; a fault gives that where a test wants it.
pub fn documented_application() -> Application {
    let mut application = Application::new(DOCUMENTED_APP_ID)
        .named("documented-example")
        .with_image("registry-vpc.cn-hangzhou.aliyuncs.com/demo/demo:latest")
        .without_health_check()
        .group(DOCUMENTED_GROUP_ID, 1)
        .running(1);
    let instance = application.instance(0);
    DOCUMENTED_GROUP_ID.clone_into(&mut instance.instance_id);
    "192.168.0.1".clone_into(&mut instance.instance_container_ip);
    "vsw-aaaa".clone_into(&mut instance.v_switch_id);
    "空".clone_into(&mut instance.unhealthy_message);
    instance.create_time_stamp = 1_558_442_609_000;
    instance.finish_time_stamp = 1_558_442_609_000;
    instance.debug_status = true;
    instance.tags.push(crate::Tag::default());
    application
}
