//! What a test or a person does with a running control plane.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, Client, api::PostParams};
use tokio::process::Command;

use crate::{
    Binary, ControlPlane, Error, Output,
    kubeconfig::{self, User},
};

/// How many seconds the token of a ServiceAccount is valid: a year, longer than any control plane here lives.
const TOKEN_LIFETIME: i64 = 365 * 24 * 60 * 60;

impl ControlPlane {
    /// A client with all rights. A new one each time, because its background task belongs to the runtime of
    /// the caller, and each `#[tokio::test]` has its own.
    #[expect(clippy::missing_panics_doc, reason = "the same configuration made a client when it started")]
    #[expect(clippy::expect_used, reason = "the same configuration made a client when it started")]
    pub fn client(&self) -> Client {
        Client::try_from(self.config.clone()).expect("a configuration that made a client makes another")
    }

    /// A kubeconfig file with all rights.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig file that speaks as a ServiceAccount, by a token. The account is made if it is not there;
    /// its namespace must be.
    pub async fn service_account_kubeconfig(&self, namespace: &str, name: &str) -> Result<PathBuf, Error> {
        let accounts = Api::<ServiceAccount>::namespaced(self.client(), namespace);
        let mut account = ServiceAccount::default();
        account.metadata.name = Some(name.to_owned());
        match accounts.create(&PostParams::default(), &account).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => {
                return Err(Error::request(format!("create ServiceAccount {namespace}/{name}"))(error));
            }
        }
        let token = request_token(&accounts, namespace, name).await?;
        let path = self.folder().join("service-accounts").join(namespace).join(name);
        kubeconfig::write(&path, &self.url(), &self.pki, namespace, &User::Token(&token))?;
        Ok(path)
    }

    /// Runs kubectl with all rights; another `--kubeconfig` among the arguments wins.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<Output, Error> {
        self.run(Binary::Kubectl, arguments, "").await
    }

    /// Runs kubectl with this text as its standard input, as `apply -f -` wants it.
    pub async fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Result<Output, Error> {
        self.run(Binary::Kubectl, arguments, input).await
    }

    /// Runs helm with all rights. The first time on a machine, helm is built before.
    pub async fn helm(&self, arguments: &[&str]) -> Result<Output, Error> {
        self.run(Binary::Helm, arguments, "").await
    }

    /// Neither reads nor writes anything of the user's: caches, preferences, plugins, the current namespace.
    async fn run(&self, binary: Binary, arguments: &[&str], input: &str) -> Result<Output, Error> {
        let mut command = Command::new(binary.locate_async().await?);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HELM_")) {
            command.env_remove(name);
        }
        let home = self.folder().join("home");
        command
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", home.join("kube"))
            .env("KUBERC", "off")
            .env("HELM_CACHE_HOME", home.join("helm/cache"))
            .env("HELM_CONFIG_HOME", home.join("helm/config"))
            .env("HELM_DATA_HOME", home.join("helm/data"));
        Output::of(binary.name(), command, input).await
    }
}

async fn request_token(accounts: &Api<ServiceAccount>, namespace: &str, name: &str) -> Result<String, Error> {
    let action = || format!("request a token of ServiceAccount {namespace}/{name}");
    let request = TokenRequest {
        spec: TokenRequestSpec { expiration_seconds: Some(TOKEN_LIFETIME), ..TokenRequestSpec::default() },
        ..TokenRequest::default()
    };
    let answer = accounts.create_token_request(name, &PostParams::default(), &request).await;
    match answer.map_err(Error::request(action()))?.status {
        Some(status) => Ok(status.token),
        None => Err(Error::io(action())(io::Error::other("the answer holds no token"))),
    }
}
