/*
 * Everything that has to happen at once is a script, which the server carries out alone. A script has the keys of one
 * message, all in one slot of a cluster, and the clock is the server's.
 *
 * KEYS: 1 where the message is, 2 Redrive's notes, 3 the trace of what was removed, 4 the message of a member (or 1 again).
 * ARGV: 1 the layout, 2 the id within the key, 3 how the message of a member is written, …
 */
const SHARED = `
local layout, id, inner = ARGV[1], ARGV[2], ARGV[3]
local function plain(kind, key)
  if kind == 'hash' then
    local all = redis.call('HGETALL', key)
    if #all == 0 then return nil end
    return all
  end
  local text = redis.call('GET', key)
  if not text then return nil end
  return {'@value', text}
end
local function load()
  if layout == 'hash' or layout == 'json' then return plain(layout, KEYS[1]) end
  if layout == 'fields' then
    local text = redis.call('HGET', KEYS[1], id)
    if not text then return nil end
    return {'@value', text}
  end
  if layout == 'stream' then
    local found = redis.call('XRANGE', KEYS[1], id, id)
    if #found == 0 then return nil end
    return found[1][2]
  end
  local score = redis.call('ZSCORE', KEYS[1], id)
  if not score then return nil end
  local all = {'@value', id}
  if inner ~= '' then all = plain(inner, KEYS[4]) or {} end
  all[#all + 1] = '@score'
  all[#all + 1] = score
  return all
end
local function digest(all, note)
  local parts = {}
  for at = 1, #all, 2 do
    parts[#parts + 1] = #all[at] .. ':' .. all[at] .. #all[at + 1] .. ':' .. all[at + 1]
  end
  table.sort(parts)
  return redis.sha1hex(table.concat(parts) .. '|' .. (note or ''))
end
local function millis()
  local now = redis.call('TIME')
  return tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
end
`

/** Answers with the time, the message (or nothing), the note (or nothing), the version and the trace (or nothing). */
export const READ = `${SHARED}
local all = load()
local note = redis.call('HGET', KEYS[2], id)
local trace = redis.call('GET', KEYS[3])
if not all then return {millis(), false, false, '', trace} end
return {millis(), all, note, digest(all, note), trace}
`

/**
 * Compare and set. ARGV: 4 the guard, 5 what it compares, 6 the fencing token, 7 the attempts or nothing, 8 the note to
 * write or nothing for none, 9 milliseconds until the next attempt or nothing, 10 whether the message is removed, 11 the
 * trace, 12 seconds for which it is kept. Answers with 1 or 0, the version, and of what was removed what it was.
 *
 * Guard version: the message and its note are as they were seen, and no later claim than the one of this fencing token
 * stands in it. Guard claim: it is in flight, by just this claim.
 */
export const CHANGE = `${SHARED}
local all = load()
if not all then return {0, '', redis.call('GET', KEYS[3])} end
local text = redis.call('HGET', KEYS[2], id)
local was = text and cjson.decode(text) or {}
local before = digest(all, text)
local fence = tonumber(ARGV[6])
if ARGV[4] == 'version' then
  if before ~= ARGV[5] then return {0, before, text} end
  if fence > 0 and was.f and was.f >= fence then return {0, before, text} end
else
  if was.s ~= 'in-flight' or was.t ~= ARGV[5] or was.f ~= fence then return {0, before, text} end
  if ARGV[7] ~= '' and was.c ~= tonumber(ARGV[7]) then return {0, before, text} end
end
if ARGV[10] == '1' then
  local lives = redis.call('PTTL', KEYS[1])
  if layout == 'hash' or layout == 'json' then redis.call('DEL', KEYS[1])
  elseif layout == 'fields' then redis.call('HDEL', KEYS[1], id)
  elseif layout == 'stream' then redis.call('XDEL', KEYS[1], id)
  else
    redis.call('ZREM', KEYS[1], id)
    if inner ~= '' then
      lives = redis.call('PTTL', KEYS[4])
      redis.call('DEL', KEYS[4])
    end
  end
  redis.call('HDEL', KEYS[2], id)
  local trace = cjson.encode({token = ARGV[11], message = all, note = text or '', lives = lives})
  redis.call('SET', KEYS[3], trace, 'EX', ARGV[12])
  return {1, 'gone', trace}
end
if ARGV[8] == '' then
  redis.call('HDEL', KEYS[2], id)
  return {1, digest(all, false), ''}
end
local note = cjson.decode(ARGV[8])
if note.u == 0 then note.u = millis() end
if ARGV[9] ~= '' then note.n = millis() + tonumber(ARGV[9]) end
if ARGV[4] == 'claim' then
  note.a = was.a
  note.c = was.c
  note.f = was.f
end
local written = cjson.encode(note)
redis.call('HSET', KEYS[2], id, written)
return {1, digest(all, written), text or ''}
`

/** Brings back what was removed. ARGV: 4 the message as a JSON list, 5 the note or nothing, 6 milliseconds that it lives. */
export const RESTORE = `${SHARED}
local all = cjson.decode(ARGV[4])
local note = ARGV[5]
if note == '' then note = false end
local now = load()
if now then
  local noted = redis.call('HGET', KEYS[2], id)
  local same = digest(now, noted) == digest(all, note)
  return {same and 1 or 0, digest(now, noted)}
end
if layout == 'stream' then return {2, ''} end
local function put(kind, key, list)
  if kind == 'hash' then redis.call('HSET', key, unpack(list)) else redis.call('SET', key, list[2]) end
  if tonumber(ARGV[6]) > 0 then redis.call('PEXPIRE', key, ARGV[6]) end
end
if layout == 'hash' or layout == 'json' then put(layout, KEYS[1], all)
elseif layout == 'fields' then redis.call('HSET', KEYS[1], id, all[2])
else
  local rest = {}
  local score = nil
  for at = 1, #all, 2 do
    if all[at] == '@score' then score = all[at + 1] else
      rest[#rest + 1] = all[at]
      rest[#rest + 1] = all[at + 1]
    end
  end
  redis.call('ZADD', KEYS[1], score, id)
  if inner ~= '' and #rest > 0 then put(inner, KEYS[4], rest) end
end
if note then redis.call('HSET', KEYS[2], id, note) end
redis.call('DEL', KEYS[3])
return {1, digest(all, note)}
`
