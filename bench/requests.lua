-- Sends the prepared requests of a file one after another and writes what came back as JSON.
-- wrk … --script requests.lua URL -- REQUESTS RESULT

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  result_file = args[2]
  prepared = {}
  sent = 0
  local file = assert(io.open(args[1], "rb"))
  while true do
    local head = file:read(4)
    if not head then break end
    local a, b, c, d = head:byte(1, 4)
    table.insert(prepared, file:read(((a * 256 + b) * 256 + c) * 256 + d))
  end
  file:close()
end

function request()
  sent = sent + 1
  return prepared[(sent - 1) % #prepared + 1]
end

function done(summary, latency, _)
  local sent_in_all = 0
  for _, thread in ipairs(threads) do sent_in_all = sent_in_all + thread:get("sent") end
  local e = summary.errors
  local out = assert(io.open(threads[1]:get("result_file"), "w"))
  out:write(string.format(
    '{"answered": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d, "sent": %d, "received": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout, sent_in_all, summary.bytes))
  out:close()
end
