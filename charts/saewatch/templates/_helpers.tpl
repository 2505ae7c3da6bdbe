{{- define "saewatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 52 characters, so that "-leader-election" and the like still fit where 63 is the end. */}}
{{- define "saewatch.fullname" -}}
{{- $name := include "saewatch.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "saewatch.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* What never changes for a release: a Deployment's selector cannot. */}}
{{- define "saewatch.selectorLabels" -}}
app.kubernetes.io/name: {{ include "saewatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "saewatch.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "saewatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: saewatch
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "saewatch.serviceAccountName" -}}
{{- default (include "saewatch.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "saewatch.leaseName" -}}
{{- default (include "saewatch.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{/* "true" if SaeAccounts are used. They are of the whole cluster, so a release for some namespaces is asked first. */}}
{{- define "saewatch.accounts" -}}
{{- if ternary .Values.accounts.enabled (not .Values.watch.namespaces) (kindIs "bool" .Values.accounts.enabled) -}}
true
{{- end -}}
{{- end -}}

{{/* The operator's image. What stands before the first slash of a name is a registry if it has a dot or a colon, or is
localhost: so container runtimes have it. */}}
{{- define "saewatch.image" -}}
{{- $image := .Values.image -}}
{{- $name := $image.repository -}}
{{- with default .Values.global.imageRegistry $image.registry -}}
{{- $name = printf "%s/%s" . (regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $name "") -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The pull secrets, as a list of names. */}}
{{- define "saewatch.imagePullSecrets" -}}
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets | uniq }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* "true" if an object of the Prometheus operator is to be made: (dict "root" $ "value" NAME "settings" VALUES). */}}
{{- define "saewatch.monitoring" -}}
{{- if .settings.enabled -}}
{{- if or (eq .settings.renderMode "alwaysRender") (.root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
true
{{- else if eq .settings.renderMode "failIfMissing" -}}
{{- fail (printf "%s is enabled, and the cluster does not know monitoring.coreos.com/v1: install the Prometheus operator first, or set %s.renderMode to skipIfMissing." .value .value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
