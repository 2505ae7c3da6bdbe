{{/* An address of IPv6 stands in brackets where a port follows. */}}
{{- define "saewatch.http.host" -}}
{{- regexReplaceAll "^[^\\[].*:.*$" .Values.http.host "[$0]" -}}
{{- end -}}

{{/* What the operator is started with. A flag that says nothing new is left out. */}}
{{- define "saewatch.args" -}}
- run
{{- with .Values.region }}
- --region={{ . }}
{{- end }}
{{- with .Values.endpoint }}
- --endpoint={{ . }}
{{- end }}
{{- with .Values.stsEndpoint }}
- --sts-endpoint={{ . }}
{{- end }}
- --calls-per-minute={{ .Values.callsPerMinute | int }}
- --heartbeat={{ .Values.heartbeat }}
{{- with .Values.watch.namespaces }}
- --watch-namespace={{ join "," . }}
{{- end }}
{{- with .Values.watch.labelSelector }}
- {{ printf "--watch-label-selector=%s" . | quote }}
{{- end }}
{{- if not (include "saewatch.accounts" .) }}
- --accounts=false
{{- end }}
{{- if .Values.accounts.requireAccount }}
- --require-account
{{- end }}
{{- if .Values.watchSets.enabled }}
- --watch-sets
{{- end }}
{{- if .Values.diagnosis.enabled }}
- --diagnose
{{- end }}
- {{ printf "--http-addr=%s:%d" (include "saewatch.http.host" .) (int .Values.http.port) | quote }}
{{- if .Values.metrics.httpSD.enabled }}
- {{ printf "--http-sd-addr=%s:%d" (include "saewatch.http.host" .) (int .Values.metrics.httpSD.port) | quote }}
{{- end }}
{{- if not .Values.metrics.perWatch }}
- --watch-metrics=false
{{- end }}
{{- if .Values.leaderElection.enabled }}
- --leader-elect
- --lease-name={{ include "saewatch.leaseName" . }}
- --lease-duration={{ .Values.leaderElection.leaseDuration }}
- --lease-renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --lease-retry-period={{ .Values.leaderElection.retryPeriod }}
{{- end }}
- --log-format={{ .Values.log.format }}
- {{ printf "--log-level=%s" .Values.log.level | quote }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "saewatch.env" -}}
{{/* The name that events are reported under, and that holds the Lease. */ -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- include "saewatch.credentials.env" . }}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName }}
- name: SSL_CERT_FILE
  value: /etc/saewatch/ca/{{ .Values.caBundle.key }}
{{- end }}
{{- with .Values.proxy }}
{{- with .httpsProxy }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .httpProxy }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .noProxy }}
- name: NO_PROXY
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "saewatch.volumeMounts" -}}
{{- include "saewatch.credentials.mounts" . }}
{{- if or .Values.caBundle.configMapName .Values.caBundle.secretName }}
- name: ca
  mountPath: /etc/saewatch/ca
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "saewatch.volumes" -}}
{{- include "saewatch.credentials.volumes" . }}
{{- if .Values.caBundle.configMapName }}
- name: ca
  configMap:
    name: {{ .Values.caBundle.configMapName }}
{{- else if .Values.caBundle.secretName }}
- name: ca
  secret:
    secretName: {{ .Values.caBundle.secretName }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where pods may run, as far as values say so. */}}
{{- define "saewatch.placement" -}}
{{- $selector := dict "matchLabels" (include "saewatch.selectorLabels" . | fromYaml) -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.affinity }}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else if gt (int .Values.replicaCount) 1 }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            {{- toYaml $selector | nindent 12 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml (merge (dict) . (dict "labelSelector" $selector)) | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- range $field := list "priorityClassName" "runtimeClassName" "schedulerName" "dnsPolicy" "dnsConfig" }}
{{- with get $.Values $field }}
{{ $field }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- if kindIs "bool" .Values.hostUsers }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
{{- end -}}
