{{- define "symbolon.name" -}}
{{- if contains "symbolon" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-symbolon" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "symbolon.selector" -}}
app.kubernetes.io/name: symbolon
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "symbolon.labels" -}}
{{ include "symbolon.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "symbolon.secret" -}}
{{ .Values.secrets.existingSecret | default (include "symbolon.name" .) }}
{{- end }}

{{- define "symbolon.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* What the chart decides, over what config says. */ -}}
{{- define "symbolon.config" -}}
{{- $public := dict "base_url" .Values.baseURL "host" "0.0.0.0" "port" 4433 }}
{{- $console := dict "enabled" .Values.admin.console }}
{{- $admin := dict "host" "0.0.0.0" "port" 4434 "console" $console }}
{{- $serve := dict "public" $public "admin" $admin }}
{{- if .Values.trustedProxies }}{{ $_ := set $serve "trusted_proxies" .Values.trustedProxies }}{{ end }}
{{- $own := dict "serve" $serve }}
{{- if eq .Values.database.type "sqlite" }}{{ $_ := set $own "dsn" "sqlite:///var/lib/symbolon/symbolon.db?_fk=true&mode=rwc" }}{{ end }}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) }}
{{- end }}

{{- define "symbolon.container" -}}
image: {{ include "symbolon.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - {name: SYMBOLON_CONFIG, value: /etc/symbolon/symbolon.yaml}
  - {name: SECRETS_DEFAULT_FILE, value: /etc/symbolon/secrets/secrets-default}
  - {name: SERVE_ADMIN_TOKEN_FILE, value: /etc/symbolon/secrets/admin-token}
  {{- if eq .Values.database.type "external" }}
  - {name: DSN_FILE, value: /etc/symbolon/secrets/dsn}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: config, mountPath: /etc/symbolon, readOnly: true}
  - {name: data, mountPath: /var/lib/symbolon}
  - {name: tmp, mountPath: /tmp}
{{- end }}
