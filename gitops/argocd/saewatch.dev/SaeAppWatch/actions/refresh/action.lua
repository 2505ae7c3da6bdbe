-- A new token asks for a poll now; the operator answers in status.lastHandledRequest.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["saewatch.dev/requested-at"] = os.date("!%Y-%m-%dT%H:%M:%SZ")

return obj
