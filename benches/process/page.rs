//! One page of DescribeApplicationInstances, and the least that reads it.

use sae_simulator::Application;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Result;

/// The group of all instances.
pub const GROUP: &str = "00000001-925a-477a-4ed7-b825d5e22500";

/// The answer as SAE sends it.
pub fn bytes(instances: usize) -> Result<Vec<u8>> {
    let shop = Application::new("shop").group(GROUP, instances).running(instances);
    let listed: std::result::Result<Vec<Value>, _> = shop.instances().map(serde_json::to_value).collect();
    let mut listed = listed?;
    for instance in &mut listed {
        instance["Timestamp"] = json!(1_767_225_600_000_u64);
    }
    let answer = json!({
        "RequestId": "91F93257-7A4A-4BD3-9A7E-2F6EAE6D****", "Message": "success", "TraceId": "ac1a0b2215622246421415014e****",
        "Code": "200", "Success": true, "ErrorCode": "",
        "Data": {"CurrentPage": 1, "PageSize": instances, "TotalSize": instances, "Instances": listed},
    });
    Ok(serde_json::to_vec(&answer)?)
}

/// The answer to DescribeApplicationGroups.
pub fn groups(instances: usize) -> Result<Vec<u8>> {
    let group = json!({"GroupId": GROUP, "GroupName": "_DEFAULT_GROUP", "Replicas": instances, "ImageUrl": "demo/shop:v1"});
    Ok(serde_json::to_vec(&json!({"RequestId": "91F9", "Code": "200", "Success": true, "Data": [group]}))?)
}

/// What a program keeps of the answer that takes it as documented: every field, and no care for what may be wrong.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page {
    pub data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    pub instances: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "what it costs to read a field does not depend on who uses it")]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
pub struct Instance {
    instance_id: String,
    group_id: String,
    instance_container_status: String,
    instance_health_status: String,
    instance_container_restarts: i64,
    instance_container_ip: String,
    eip: String,
    image_url: String,
    package_version: String,
    v_switch_id: String,
    create_time_stamp: i64,
    finish_time_stamp: i64,
    timestamp: i64,
    debug_status: bool,
    main_container_status: String,
    unhealthy_message: String,
    traffic_status: String,
    sidecar_containers_status: Vec<Sidecar>,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "as above")]
struct Sidecar {
    container_id: String,
    container_status: String,
    image_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "as above")]
struct Tag {
    key: String,
    value: String,
}
