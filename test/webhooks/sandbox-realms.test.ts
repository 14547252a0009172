import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { after, describe, test, type TestContext } from "node:test"
import { openSandbox } from "@ringback/webhooks/sandbox"
import { until } from "../harness/until.ts"

// Expressions that reach JSONata's own objects, and change them for the expressions that come after.

const sandbox = openSandbox()
after(() => sandbox.close())

const INPUT = JSON.stringify({ data: { email: " vera@victim.example ", items: [1, 2, 3] } })
const evaluate = (realm: string, expression: string, input = INPUT) =>
  sandbox.evaluate(realm, expression, input)
const valueOf = async (realm: string, expression: string) => {
  const evaluated = await evaluate(realm, expression)
  return evaluated.result === "value" ? evaluated.json : evaluated
}

const IN_PLACE = "$clone := function($x){$x}"
const SIGNATURE = `$sig := ($each($uppercase, ?))(function($v, $k){ $k = "signature" ? $v })`

const ATTACKS = [
  {
    what: "listens to a built-in function",
    attack: `(${IN_PLACE}; ${SIGNATURE};
      $install := function($f){ {"s": $sig} ~> |s|{"validate": $f}| };
      $install(function($args, $ctx){ {"s": $sig} ~> |s|{"loot": {"args": $args}}| }); "planted")`,
    // What was listened to stays with the function.
    victim: `($uppercase(data.email); ${SIGNATURE}; $keys($sig)[$ = "loot"])`,
    expected: null,
  },
  {
    what: "rewrites the composition of functions",
    attack: `(${IN_PLACE}; $c := $trim ~> $uppercase; {"c": $c} ~> |c|{}, "_jsonata_lambda"|;
      {"b": $c.body} ~> |b|{"type": "string", "value": "attacker@evil.example"}|; 1)`,
    victim: `($both := $trim ~> $uppercase; $both(data.email))`,
    expected: `"VERA@VICTIM.EXAMPLE"`,
  },
  {
    what: "lowers the limits",
    attack: `(${IN_PLACE}; $f := function(){1}; {"f": $f} ~> |f|{}, "_jsonata_lambda"|;
      {"o": $f.environment.base.options} ~> |o|{"sequence": 1, "stack": 1}|; "done")`,
    victim: `data.items.($ * 2)`,
    expected: "[2,4,6]",
  },
]

for (const [number, { what, attack, victim, expected }] of ATTACKS.entries())
  test(`an expression that ${what} does so for its own tenant alone`, async () => {
    const [attacker, other] = [`tnt_attacker_${number}`, `tnt_other_${number}`]
    assert.deepEqual(await valueOf(other, victim), expected)
    await evaluate(attacker, attack)
    // The attack works where it may.
    assert.notDeepEqual(await valueOf(attacker, victim), expected)
    assert.deepEqual(await valueOf(other, victim), expected)
    assert.deepEqual(await valueOf(`tnt_new_${number}`, victim), expected)
  })

describe("an expression that takes others' time", () => {
  test("waits for something that never comes: it fails at once", async () => {
    const hang = `($f := function($g){ {"then": $g} }; $f(function($a){1}))`
    const evaluated = await evaluate("tnt_a", hang)
    assert.deepEqual(evaluated, {
      result: "failed",
      reason: "it waits for something that never comes",
    })
    assert.equal(await valueOf("tnt_b", "1"), "1")
  })

  test("goes on after an error in one part of it: it is late itself, not who comes next", async () => {
    const goesOn = `{"a": $error("x"), "b": ($f := function($n){ $f($n + 1) }; $f(0))}`
    assert.deepEqual(await evaluate("tnt_a", goesOn), { result: "late" })
    assert.equal(await valueOf("tnt_b", "1"), "1")
  })
})

test("a thread in a native function that takes long harms nobody else, not even beside ten of them", async () => {
  const native = `($d := function($s, $n){ $n = 0 ? $s : $d($s & $s, $n - 1) };
    $contains($d("a", 21), $d("a", 19) & "b" & $d("a", 19)))`
  const attacks = Array.from({ length: 10 }, () => evaluate("tnt_native", native))
  const others = Array.from({ length: 6 }, (_, index) => valueOf(`tnt_beside_${index % 2}`, "1"))
  assert.deepEqual(new Set(await Promise.all(others)), new Set(["1"]))
  const results = new Set((await Promise.all(attacks)).map(({ result }) => result))
  assert.ok(!results.has("value"), [...results].join())
  assert.equal(await valueOf("tnt_beside_0", "1"), "1")
})

describe("memory that native functions take at once", () => {
  const doubled = `($d := function($s, $n){ $n = 0 ? $s : $d($s & $s, $n - 1) }; $x := $d("aaaaaaaaaaaaaaaa", 24);`
  const GREEDY = [
    `$length($pad("x", 500000000))`,
    `${doubled} $length($uppercase($x)))`,
    `${doubled} $count($split($x, "")))`,
  ]
  for (const expression of GREEDY)
    test(`ends with the expression before it is all that a function has: ${expression.slice(-30)}`, async (t) => {
      const peaks = []
      // A machine that is busy may look late, but not each time.
      for (let tries = 0; tries < 5 && !(Math.min(...peaks) < 300); tries++)
        peaks.push(await peakOf(t, expression))
      assert.ok(Math.min(...peaks) < 300, `${peaks.join()} MB`)
    })

  async function peakOf(t: TestContext, expression: string) {
    const own = openSandbox()
    t.after(own.close)
    const before = childrenOf(process.pid)
    await own.evaluate("tnt_a", "1", "{}")
    const [pid] = childrenOf(process.pid).filter((each) => !before.includes(each))
    let peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, peakMb(pid!))), 1)
    const { result } = await own.evaluate("tnt_a", expression, "{}")
    assert.notEqual(result, "value")
    assert.equal(await valueIn(own), "1")
    clearInterval(watch)
    return peak
  }

  const valueIn = async (own: typeof sandbox) => {
    const evaluated = await own.evaluate("tnt_b", "1", "{}")
    return evaluated.result === "value" && evaluated.json
  }

  function peakMb(pid: number): number {
    try {
      const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!
      return Number(kilobytes) / 1024
    } catch {
      return 0
    }
  }

  test("costs the sandbox its process, and not the one that works, where memory ends", async () => {
    await sandbox.evaluate("tnt_a", "1", "{}")
    for (const pid of childrenOf(process.pid))
      assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim(), "1000")
  })
})

test("forty tenants at once have their turns", async () => {
  const all = Array.from({ length: 80 }, (_, index) => valueOf(`tnt_forty_${index % 40}`, "1"))
  const values = await Promise.all(all)
  assert.equal(values[0], "1")
  // On a slow machine some have no turn in time, and nothing worse.
  for (const value of values) if (value !== "1") assert.deepEqual(value, { result: "busy" })
  assert.equal(await valueOf("tnt_forty_39", "1"), "1")
})

test("the process ends with the one that opened it, also if that is killed", async (t) => {
  const code = `import { openSandbox } from "@ringback/webhooks/sandbox"
    await openSandbox().evaluate("tnt_a", "1", "{}")
    console.log("evaluated")
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  })
  t.after(() => parent.kill("SIGKILL"))
  await once(parent.stdout, "data")
  const [pid] = childrenOf(parent.pid!)
  assert.ok(pid)
  parent.kill("SIGKILL")
  await until(() => !existsSync(`/proc/${pid}`), { what: "the end of the process" })
})

test("checks of a tenant's slow expressions leave others their turns", async () => {
  const slow = Array.from({ length: 300 }, () => "$match(x, /(a|b){999}/)").join(" & ")
  const slowChecks = Array.from({ length: 12 }, () => sandbox.check("tnt_slow", slow))
  assert.equal(await sandbox.check("tnt_b", "1 + 1"), undefined)
  for (const problem of await Promise.all(slowChecks)) assert.notEqual(problem, undefined)
})

test("the words of an error are cut", async () => {
  const failed = await evaluate("tnt_a", `$error($pad("", 300000, "x"))`)
  assert.equal(failed.result, "failed")
  assert.ok("reason" in failed && failed.reason.length < 600)
})

test("more tenants than there are realms have one each in turn, and still one of their own", async () => {
  const tenants = Array.from({ length: 12 }, (_, index) => `tnt_many_${index}`)
  const { attack, victim, expected } = ATTACKS[1]!
  await evaluate("tnt_attacker", attack)
  for (const tenant of [...tenants, ...tenants])
    assert.deepEqual(await valueOf(tenant, victim), expected, tenant)
})

test("a process that ended between two expressions is no fault of the next one", async (t) => {
  const own = openSandbox()
  t.after(own.close)
  const before = childrenOf(process.pid)
  assert.deepEqual(await own.evaluate("tnt_a", "1", "{}"), { result: "value", json: "1" })
  const [pid] = childrenOf(process.pid).filter((each) => !before.includes(each))
  process.kill(pid!, "SIGKILL")
  await until(() => !childrenOf(process.pid).includes(pid!), { what: "the end of the process" })
  assert.deepEqual(await own.evaluate("tnt_a", "1", "{}"), { result: "value", json: "1" })
})

/** The ids of the sandbox processes of a process that are alive. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
        const isSandbox = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("ringback-sandbox")
        return state !== "Z" && Number(ppid) === parent && isSandbox
      } catch {
        return false
      }
    })
}
