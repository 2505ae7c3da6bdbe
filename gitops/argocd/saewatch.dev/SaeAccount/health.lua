-- Healthy once STS has said that the keys are those of the account. What SAE answers, the watches say.
if obj.spec.suspend == true then
  return {status = "Suspended", message = "No call is made while spec.suspend is true"}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Waiting for STS to say whose the keys are"}
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  conditions[condition.type] = condition
end

local function verdict(health, condition)
  return {status = health, message = condition.reason .. ": " .. condition.message}
end

local ready, stalled = conditions["Ready"], conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then return verdict("Degraded", stalled) end
if ready == nil then
  return {status = "Progressing", message = "Waiting for STS to say whose the keys are"}
end
if ready.status ~= "True" then return verdict("Progressing", ready) end
return verdict("Healthy", ready)
