{{/* The four ways to the operator's keys: what each adds to the pod. Whoever brings keys does not want another
identity when they are lost, so all but nodeRole switch the node's role off. Beside them, profiles for SaeAccounts: the
search for the operator's own keys is kept from their file, which it would read before that of secretFile. */}}

{{- define "saewatch.credentials.env" -}}
{{- $credentials := .Values.credentials -}}
{{- $secret := $credentials.secretName -}}
{{- if eq $credentials.mode "secretFile" }}
- name: ALIBABA_CLOUD_CREDENTIALS_FILE
  value: /var/run/secrets/saewatch.dev/credentials/credentials
{{- else if eq $credentials.mode "secretEnv" }}
{{- with $credentials.secretEnv }}
- name: ALIBABA_CLOUD_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ .accessKeyIdKey }}}}
- name: ALIBABA_CLOUD_ACCESS_KEY_SECRET
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ .accessKeySecretKey }}}}
{{- with .securityTokenKey }}
- name: ALIBABA_CLOUD_SECURITY_TOKEN
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ . }}}}
{{- end }}
{{- end }}
{{- else if eq $credentials.mode "rrsa" }}
{{- with $credentials.rrsa }}
{{- if .roleArn }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ .roleArn }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ .oidcProviderArn }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token
{{- with .stsRegion }}
- name: ALIBABA_CLOUD_STS_REGION
  value: {{ . }}
{{- end }}
{{- if .stsInVpc }}
- name: ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED
  value: "true"
{{- end }}
{{- end }}
{{- end }}
{{- else }}
{{- with $credentials.nodeRole.name }}
- name: ALIBABA_CLOUD_ECS_METADATA
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if ne $credentials.mode "nodeRole" }}
- name: ALIBABA_CLOUD_ECS_METADATA_DISABLED
  value: "true"
{{- end }}
{{- if .Values.accounts.profilesSecretName }}
- name: ALIBABA_CLOUD_CONFIG_FILE
  value: /var/run/secrets/saewatch.dev/profiles/config.json
- name: ALIBABA_CLOUD_CLI_PROFILE_DISABLED
  value: "true"
{{- end }}
{{- end -}}

{{- define "saewatch.credentials.mounts" -}}
{{- if eq .Values.credentials.mode "secretFile" }}
{{/* The whole folder: a single file, mounted by subPath, would never change. */ -}}
- name: credentials
  mountPath: /var/run/secrets/saewatch.dev/credentials
  readOnly: true
{{- else if and (eq .Values.credentials.mode "rrsa") .Values.credentials.rrsa.roleArn }}
- name: rrsa-oidc-token
  mountPath: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens
  readOnly: true
{{- end }}
{{- if .Values.accounts.profilesSecretName }}
- name: profiles
  mountPath: /var/run/secrets/saewatch.dev/profiles
  readOnly: true
{{- end }}
{{- end -}}

{{- define "saewatch.credentials.volumes" -}}
{{- if eq .Values.credentials.mode "secretFile" }}
- name: credentials
  secret:
    secretName: {{ .Values.credentials.secretName }}
    items:
      - key: {{ .Values.credentials.secretFile.key }}
        path: credentials
{{- else if and (eq .Values.credentials.mode "rrsa") .Values.credentials.rrsa.roleArn }}
- name: rrsa-oidc-token
  projected:
    sources:
      - serviceAccountToken:
          audience: sts.aliyuncs.com
          expirationSeconds: {{ .Values.credentials.rrsa.tokenExpirationSeconds | int }}
          path: token
{{- end }}
{{- with .Values.accounts.profilesSecretName }}
- name: profiles
  secret:
    secretName: {{ . }}
    items:
      - key: config.json
        path: config.json
{{- end }}
{{- end -}}

{{/* Whether ack-pod-identity-webhook is to do its work on the pod. */}}
{{- define "saewatch.credentials.byWebhook" -}}
{{- if and (eq .Values.credentials.mode "rrsa") .Values.credentials.rrsa.roleName -}}
true
{{- end -}}
{{- end -}}
