//! The simulator is believed because the official Python SDKs believe it: here those of SAE and STS are the clients.
//!
//! It is installed from the package index into a virtual environment under the target folder, once. Where there is no
//! Python, the test says so on the terminal and proves nothing.
#![cfg(test)]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sae_simulator::{
    ACCOUNT_ID, AppSource, Application, Fault, KEY_ID, KEY_SECRET, Kind, Operation, Simulator, Tag,
};
use serde_json::{Value, json};

const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sdk");

/// A Python process with the SDKs loaded, asked a line at a time; ended when dropped.
struct OfficialSdk {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    ca: PathBuf,
}

impl OfficialSdk {
    fn start(python: &Path, sim: &Simulator) -> Self {
        let mut command = Command::new(python);
        let ca = temporary(&format!("official-sdk-ca-{}.pem", sim.address().port()));
        if let Some(pem) = sim.ca_pem() {
            std::fs::write(&ca, pem).unwrap();
            command.env("SIMULATOR_CA", &ca);
        }
        // Nothing of this machine may lead the SDK elsewhere.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("ALIBABA_CLOUD_") || name.to_lowercase().ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        let command = command.arg(format!("{SDK}/calls.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (requests, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, requests, answers: BufReader::new(answers), ca }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the SDK's process answers, it said: {line}"))
    }

    /// A call with the demo key.
    fn call(&mut self, sim: &Simulator, operation: Operation, query: &Value) -> Value {
        self.call_as(sim, [KEY_ID, KEY_SECRET], operation, query)
    }

    fn call_as(&mut self, sim: &Simulator, key: [&str; 2], operation: Operation, query: &Value) -> Value {
        let [id, secret] = key;
        let credential = json!({ "type": "access_key", "access_key_id": id, "access_key_secret": secret });
        self.call_with(sim, &credential, operation, query)
    }

    /// A call with a credential as the SDK configures them.
    fn call_with(
        &mut self,
        sim: &Simulator,
        credential: &Value,
        operation: Operation,
        query: &Value,
    ) -> Value {
        let endpoint = sim.endpoint();
        self.ask(
            &json!({ "endpoint": endpoint, "operation": operation, "query": query, "credential": credential }),
        )
    }
}

impl Drop for OfficialSdk {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.ca);
    }
}

#[test]
fn the_official_sdk_takes_the_simulator_for_sae() {
    let Some(python) = python_with_sdk() else { return };
    let sim = Simulator::start();
    let mut sdk = OfficialSdk::start(&python, &sim);
    sim.put_application(Application::new("demo-shop").group("g-1", 12).running(12));
    sim.update("demo-shop", |app| app.instance(3).crash());

    sees_instances_page_by_page(&mut sdk, &sim);
    sees_groups_status_and_list(&mut sdk, &sim);
    sees_every_filter_of_the_list(&mut sdk, &sim);
    sees_the_applications_that_fail_most(&mut sdk, &sim);
    sees_what_happened_to_an_application(&mut sdk, &sim);
    sees_refusals_as_errors(&mut sdk, &sim);
    sees_throttles(&mut sdk, &sim);
    sees_a_failure_inside_200_as_a_success(&mut sdk, &sim);

    let agents: Vec<_> = sim.calls().into_iter().map(|call| call.user_agent).collect();
    assert!(agents.iter().all(|agent| agent.starts_with("AlibabaCloud (")), "{agents:?}");
}

#[test]
fn the_official_sdk_finds_keys_at_the_simulators_sts_and_credentials_uri() {
    let Some(python) = python_with_sdk() else { return };
    // The SDK speaks HTTPS with STS, whatever it is told.
    let sim = Simulator::start_tls();
    let mut sdk = OfficialSdk::start(&python, &sim);
    let token = temporary("official-sdk-token");
    std::fs::write(&token, "header.payload.sig+/=\n").unwrap();
    let (sts, role) = (sim.address().to_string(), "acs:ram::113511544585:role/watcher");

    for (expected, credential) in [
        (
            Operation::AssumeRoleWithOIDC,
            json!({
                "type": "oidc_role_arn", "sts_endpoint": sts, "role_arn": role, "role_session_name": "saewatch",
                "oidc_provider_arn": "acs:ram::113511544585:oidc-provider/c1", "oidc_token_file_path": token,
            }),
        ),
        (
            Operation::AssumeRole,
            json!({
                "type": "ram_role_arn", "sts_endpoint": sts, "role_arn": role, "role_session_name": "saewatch",
                "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET,
            }),
        ),
        (
            Operation::CredentialsUri,
            json!({ "type": "credentials_uri", "credentials_uri": sim.credentials_uri() }),
        ),
    ] {
        sim.clear_calls();
        let answer = sdk.call_with(&sim, &credential, Operation::ListApplications, &json!({}));
        assert_eq!(answer["body"]["Success"], true, "{answer}");
        let calls = sim.calls();
        let asked: Vec<_> = calls.iter().map(|call| call.operation).collect();
        assert_eq!(asked, [expected, Operation::ListApplications]);
        assert!(calls[1].key_id.as_ref().unwrap().starts_with("STS."));
    }
}

#[test]
fn the_official_sdks_take_the_simulator_for_several_accounts() {
    const OTHER: &str = "222222222222";
    let Some(python) = python_with_sdk() else { return };
    let sim = Simulator::start();
    let other = sim.account(OTHER);
    other.put_application(Application::new("other-shop").group("g-1", 1).running(1));
    other.add_role("watcher", Some("agreed-id"));
    let mut sdk = OfficialSdk::start(&python, &sim);

    for signature in [Value::Null, json!("v2")] {
        let mut ask = |credential: &Value, operation: Operation, query: &Value| {
            sdk.ask(&json!({
                "endpoint": sim.endpoint(), "operation": operation, "query": query, "credential": credential,
                "signature": signature,
            }))
        };
        let own = json!({ "type": "access_key", "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET });
        let caller = ask(&own, Operation::GetCallerIdentity, &json!({}));
        assert_eq!(caller["body"]["AccountId"], ACCOUNT_ID, "{caller}");
        assert_eq!(caller["body"]["Arn"], format!("acs:ram::{ACCOUNT_ID}:user/{KEY_ID}"));

        let mut role =
            json!({ "RoleArn": format!("acs:ram::{OTHER}:role/watcher"), "RoleSessionName": "saewatch" });
        let refused = ask(&own, Operation::AssumeRole, &role);
        assert_eq!(refused["error"]["code"], "NoPermission", "{refused}");
        role["ExternalId"] = json!("agreed-id");
        let assumed = ask(&own, Operation::AssumeRole, &role);
        let keys = &assumed["body"]["Credentials"];
        let session = json!({
            "type": "sts", "access_key_id": keys["AccessKeyId"], "access_key_secret": keys["AccessKeySecret"],
            "security_token": keys["SecurityToken"],
        });
        let caller = ask(&session, Operation::GetCallerIdentity, &json!({}));
        assert_eq!(caller["body"]["AccountId"], OTHER, "{assumed} {caller}");

        let list = sdk.call_with(&sim, &session, Operation::ListApplications, &json!({}));
        assert_eq!(list["body"]["Data"]["Applications"][0]["AppId"], "other-shop", "{list}");
    }
}

fn sees_instances_page_by_page(sdk: &mut OfficialSdk, sim: &Simulator) {
    let mut page = |query: Value| {
        let answer = sdk.call(sim, Operation::DescribeApplicationInstances, &query);
        assert_eq!(answer["body"]["Success"], true, "{answer}");
        answer["body"]["Data"].clone()
    };
    let first = page(json!({ "AppId": "demo-shop", "GroupId": "g-1", "CurrentPage": 1 }));
    assert_eq!((&first["TotalSize"], &first["PageSize"]), (&json!(12), &json!(10)));
    assert_eq!(first["Instances"].as_array().unwrap().len(), 10);
    assert_eq!(first["Instances"][0]["InstanceContainerStatus"], "CrashLoopBackOff");
    assert_eq!(first["Instances"][0]["InstanceContainerRestarts"], 1);
    let second = page(json!({ "AppId": "demo-shop", "GroupId": "g-1", "CurrentPage": 2 }));
    assert_eq!(second["Instances"].as_array().unwrap().len(), 2);
    // Reverse goes over the wire as `True`, and a text that needs every kind of encoding is signed well.
    let reversed = page(json!({ "AppId": "demo-shop", "GroupId": "g-1", "PageSize": 100, "Reverse": true }));
    assert_eq!(reversed["Instances"][11]["InstanceContainerStatus"], "CrashLoopBackOff");
    let none = page(json!({ "AppId": "demo-shop", "GroupId": "g-1", "InstanceId": "a b+c*~/空'(é)" }));
    assert_eq!((&none["TotalSize"], &none["Instances"]), (&json!(0), &json!([])));
}

fn sees_groups_status_and_list(sdk: &mut OfficialSdk, sim: &Simulator) {
    let app = json!({ "AppId": "demo-shop" });
    let groups = sdk.call(sim, Operation::DescribeApplicationGroups, &app);
    assert_eq!(groups["body"]["Data"][0]["Replicas"], 12, "{groups}");
    assert_eq!(groups["body"]["Data"][0]["RunningInstances"], 11);
    let status = sdk.call(sim, Operation::DescribeApplicationStatus, &app);
    assert_eq!(status["body"]["Data"]["CurrentStatus"], "RUNNING", "{status}");
    let list = sdk.call(sim, Operation::ListApplications, &json!({ "PageSize": 200, "CurrentPage": 1 }));
    assert_eq!(list["body"]["Data"]["TotalSize"], 2, "{list}");
    assert_eq!(list["body"]["Data"]["Applications"][1]["Instances"], 12);
}

fn sees_every_filter_of_the_list(sdk: &mut OfficialSdk, sim: &Simulator) {
    let kind = Kind {
        source: AppSource::Job,
        tags: vec![Tag { key: "team".to_owned(), value: "a".to_owned() }],
        stateful: true,
        sae_version: "pro".to_owned(),
        language: "php".to_owned(),
    };
    let pay = Application::new("id-1").named("pay").in_namespace("cn-beijing:prod").of_kind(kind);
    let pay = pay.with_child(Application::new("canary").group("g-1", 1).running(1));
    sim.put_application(pay.group("g-1", 1).running(1));
    let tags = r#"[{"key":"team","value":"a"}]"#;
    for filter in [
        json!({ "AppName": "pay", "NamespaceId": "cn-beijing:prod" }),
        json!({ "AppSource": "job", "PageSize": 1000, "CurrentPage": 1 }),
        json!({ "FieldType": "appIds", "FieldValue": "id-1" }),
        json!({ "Tags": tags, "IsStateful": "true", "NewSaeVersion": "pro", "ProgrammingLanguage": "php" }),
    ] {
        let list = sdk.call(sim, Operation::ListApplications, &filter);
        let rows = list["body"]["Data"]["Applications"].as_array().unwrap_or_else(|| panic!("{list}"));
        assert_eq!(rows.len(), 1, "{filter} {list}");
        assert_eq!((&rows[0]["AppId"], &rows[0]["AppName"]), (&json!("id-1"), &json!("pay")));
        assert_eq!(
            (&rows[0]["NamespaceId"], &rows[0]["RegionId"]),
            (&json!("cn-beijing:prod"), &json!("cn-beijing"))
        );
        assert_eq!((&rows[0]["IsStateful"], &rows[0]["AppDeletingStatus"]), (&json!(true), &json!(false)));
        assert_eq!(rows[0]["Tags"], json!([{ "Key": "team", "Value": "a" }]));
        let child = &rows[0]["Children"][0];
        assert_eq!((&child["AppId"], &child["BaseAppId"]), (&json!("canary"), &json!("id-1")), "{child}");
    }
    let order = json!({ "OrderBy": "instances", "Reverse": true, "PageSize": 1 });
    let list = sdk.call(sim, Operation::ListApplications, &order);
    assert_eq!(list["body"]["Data"]["Applications"][0]["Instances"], 1, "ascending: {list}");
    sim.remove_application("id-1");
}

fn sees_the_applications_that_fail_most(sdk: &mut OfficialSdk, sim: &Simulator) {
    sim.put_application(Application::new("id-1").named("pay").group("g-1", 3).running(3));
    sim.update("id-1", |app| (0..2).for_each(|number| app.instance(number).fail_readiness()));
    let query = json!({
        "RegionId": "cn-hangzhou", "AppSource": "micro_service", "CpuStrategy": "always", "Limit": 100,
    });
    let list = sdk.call(sim, Operation::GetAvailabilityMetric, &query);
    let pay = json!({
        "AppId": "id-1", "Name": "pay", "RegionId": "cn-hangzhou",
        "Instances": 3, "Runnings": 3, "ErrorInstances": 2, "EnableAutoscale": 0,
    });
    assert_eq!(list["body"]["Data"][0], pay, "{list}");
    assert_eq!(list["body"]["Data"][1]["AppId"], "demo-shop", "{list}");
    // The SDK writes these fields of the answer and no others.
    let fields: Vec<_> = list["body"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["Code", "Data", "Message", "RequestId", "Success"]);
    let refused = sdk.call(sim, Operation::GetAvailabilityMetric, &json!({ "Limit": 101 }));
    assert_eq!(refused["error"]["code"], "InvalidParameter.WithMessage", "{refused}");
    sim.deny(Operation::GetAvailabilityMetric, "NoPermission");
    let denied = sdk.call(sim, Operation::GetAvailabilityMetric, &query);
    assert_eq!(denied["error"]["access_denied"]["AuthAction"], "sae:GetAvailabilityMetric", "{denied}");
    sim.allow(Operation::GetAvailabilityMetric);
    sim.remove_application("id-1");
}

fn sees_what_happened_to_an_application(sdk: &mut OfficialSdk, sim: &Simulator) {
    sim.update("demo-shop", |app| {
        app.deploy("demo/shop:v2");
        app.fail_deploy("batch 1 timed out");
    });
    let query = json!({ "AppId": "demo-shop", "CurrentPage": 1, "PageSize": 10, "CoType": "CoDeploy" });
    let list = sdk.call(sim, Operation::ListChangeOrders, &query);
    let order = &list["body"]["Data"]["ChangeOrderList"][0];
    // The SDK writes each field of an answer that it knows.
    assert_eq!((&order["Status"], order.as_object().unwrap().len()), (&json!(3), 14), "{list}");
    let query = json!({ "ChangeOrderId": order["ChangeOrderId"] });
    let described = sdk.call(sim, Operation::DescribeChangeOrder, &query);
    assert_eq!(described["body"]["Data"]["ErrorMessage"], "batch 1 timed out", "{described}");

    let query =
        json!({ "AppId": "demo-shop", "Namespace": "cn-hangzhou", "EventType": "Warning", "PageSize": 500 });
    let list = sdk.call(sim, Operation::ListAppEvents, &query);
    let event = &list["body"]["Data"]["AppEventEntity"][0];
    assert_eq!((&event["Reason"], event.as_object().unwrap().len()), (&json!("BackOff"), 8), "{list}");
    assert_eq!(list["body"].as_object().unwrap().len(), 6, "no TraceId: {list}");
}

fn sees_refusals_as_errors(sdk: &mut OfficialSdk, sim: &Simulator) {
    let app = json!({ "AppId": "demo-shop" });
    let mut refused = |key: [&str; 2], query: &Value| {
        let answer = sdk.call_as(sim, key, Operation::DescribeApplicationGroups, query);
        let error = answer["error"].clone();
        assert_eq!(error["class"], "ClientException", "{answer}");
        ((error["status_code"].clone(), error["code"].clone()), error)
    };
    let verdict = |status: u16, code: &str| (json!(status), json!(code));

    let (seen, error) = refused([KEY_ID, "wrong"], &app);
    assert_eq!(seen, verdict(400, "SignatureDoesNotMatch"));
    assert!(error["message"].as_str().unwrap().contains("server string to sign is:ACS3-HMAC-SHA256"));
    let (seen, _) = refused(["nobody", "x"], &app);
    assert_eq!(seen, verdict(404, "InvalidAccessKeyId.NotFound"));
    let (seen, _) = refused([KEY_ID, KEY_SECRET], &json!({ "AppId": "gone" }));
    assert_eq!(seen, verdict(404, "InvalidAppId.NotFound"));
    let (seen, _) = refused([KEY_ID, KEY_SECRET], &json!({}));
    assert_eq!(seen, verdict(400, "MissingAppId"));

    sim.deny(Operation::DescribeApplicationGroups, "Forbidden.RAM");
    let (seen, error) = refused([KEY_ID, KEY_SECRET], &app);
    assert_eq!(seen, verdict(403, "Forbidden.RAM"));
    assert_eq!(error["access_denied"]["AuthAction"], "sae:DescribeApplicationGroups");
    sim.allow(Operation::DescribeApplicationGroups);
}

fn sees_throttles(sdk: &mut OfficialSdk, sim: &Simulator) {
    let app = json!({ "AppId": "demo-shop" });
    sim.set_calls_per_minute(Some(0));
    let answer = sdk.call(sim, Operation::DescribeApplicationGroups, &app);
    assert_eq!(answer["error"]["code"], "Throttling.User", "{answer}");
    assert_eq!(answer["error"]["status_code"], 400);
    sim.set_calls_per_minute(None);
    // With the hint the SDK knows a throttle for what it is.
    sim.inject(Fault::throttle().retry_after_millis(2000));
    let answer = sdk.call(sim, Operation::DescribeApplicationGroups, &app);
    assert_eq!(answer["error"]["class"], "ThrottlingException", "{answer}");
    assert_eq!(answer["error"]["retry_after"], 2000);
}

fn sees_a_failure_inside_200_as_a_success(sdk: &mut OfficialSdk, sim: &Simulator) {
    sim.inject(Fault::success_false("InvalidParameter.WithMessage"));
    let answer = sdk.call(sim, Operation::DescribeApplicationGroups, &json!({ "AppId": "demo-shop" }));
    assert_eq!(answer["body"]["Success"], false, "{answer}");
    assert_eq!(answer["body"]["ErrorCode"], "InvalidParameter.WithMessage");
}

/// The Python of the virtual environment that holds the SDK, made on first use. Tests and test runs take
/// turns here, so that one makes it and the others find it.
fn python_with_sdk() -> Option<PathBuf> {
    let turn = File::create(temporary("official-sdk.lock")).unwrap();
    turn.lock().unwrap();
    let wanted = std::fs::read_to_string(format!("{SDK}/requirements.txt")).unwrap();
    let folder = temporary("official-sdk");
    let (python, made_of) = (folder.join("bin/python"), folder.join("made-of.txt"));
    // The folder outlives a Python that was upgraded away: then its link leads nowhere.
    if python.exists() && std::fs::read_to_string(&made_of).is_ok_and(|made_of| made_of == wanted) {
        return Some(python);
    }
    let probe = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        say("NOT TESTED against the official SDK: there is no python3 with venv on this machine");
        return None;
    }
    say("installing the official SDK from PyPI (once, usually within half a minute)");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(pip).arg(format!("{SDK}/requirements.txt")));
    // Last, so that an installation that was interrupted is made anew.
    std::fs::write(made_of, wanted).unwrap();
    Some(python)
}

/// A place in the folder that Cargo gives to tests.
fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// Past the test harness, which hides what a passing test prints.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "official_sdk: {text}");
}
