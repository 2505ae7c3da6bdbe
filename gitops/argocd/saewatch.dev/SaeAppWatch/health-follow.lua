-- Follows the application: Healthy only while the watch works and the application is well.
if obj.spec.suspend == true then
  return {status = "Suspended", message = "Not polled while spec.suspend is true"}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Waiting for the first answer of SAE"}
end
-- Its SaeAccount is suspended.
if status.reason == "Suspended" then return {status = "Suspended", message = status.message} end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  conditions[condition.type] = condition
end

local function verdict(health, condition)
  return {status = health, message = condition.reason .. ": " .. condition.message}
end

local ready, healthy, stalled = conditions["Ready"], conditions["AppHealthy"], conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then return verdict("Degraded", stalled) end
if ready == nil or healthy == nil then
  return {status = "Progressing", message = "Waiting for the first answer of SAE"}
end
if ready.status ~= "True" then return verdict("Progressing", ready) end
if healthy.status == "False" then return verdict("Degraded", healthy) end
if healthy.status ~= "True" then return verdict("Progressing", healthy) end
return verdict("Healthy", healthy)
