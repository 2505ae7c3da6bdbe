-- Healthy once the applications are listed, while their watches can be applied. How they are, the watches say.
if obj.spec.suspend == true then
  return {status = "Suspended", message = "Nothing is listed and no watch is made while spec.suspend is true"}
end

local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Waiting for the first lists of SAE"}
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function verdict(health, condition)
  return {status = health, message = condition.reason .. ": " .. condition.message}
end

local ready, stalled = conditions["Ready"], conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then return verdict("Degraded", stalled) end
if ready == nil then
  return {status = "Suspended", message = "Nothing is listed while the SaeAccount is suspended"}
end
if ready.status ~= "True" then return verdict("Progressing", ready) end
return verdict("Healthy", ready)
