local suspended = obj.spec.suspend == true

return {
  refresh = {disabled = suspended},
  suspend = {disabled = suspended},
  resume = {disabled = not suspended},
}
