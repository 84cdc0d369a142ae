// The JavaScript admin client under the workloads of src/workload.rs.
//
// node javascript.mjs WORKLOAD URL REALM COUNT IN_FLIGHT

import { readFileSync } from "node:fs";
import KcAdminClient from "@keycloak/keycloak-admin-client";

const PAGE = 100;
const LARGE = 20_000;
const ID = "00000000-0000-4000-8000-000000000007";

const [workload, url, realm, countText, inFlightText] = process.argv.slice(2);
const count = Number(countText);
const inFlight = Number(inFlightText);

const admin = new KcAdminClient({ baseUrl: url, realmName: "master" });
await admin.auth({
  grantType: "password",
  clientId: "admin-cli",
  username: process.env.BENCH_USERNAME ?? "admin",
  password: process.env.BENCH_PASSWORD ?? "admin",
});
admin.setConfig({ realmName: realm });

const newUser = (number) => ({
  username: `user-${number}`,
  email: `user-${number}@example.com`,
  emailVerified: true,
  enabled: true,
  firstName: "Ali",
  lastName: `Number ${number}`,
  attributes: { department: ["research"] },
});

const seconds = {};
const timed = async (name, work) => {
  const begun = performance.now();
  const value = await work();
  seconds[name] = (performance.now() - begun) / 1000;
  return value;
};

// The results of `work` for 0 to n, in order, as many at a time as may be in flight.
const many = async (n, work) => {
  const results = new Array(n);
  let next = 0;
  const worker = async () => {
    while (next < n) {
      const number = next++;
      results[number] = await work(number);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return results;
};

const get = async () => {
  const user = await admin.users.findOne({ id: ID });
  if (user.id !== ID) throw new Error("another user came");
};
const page = (first, max = PAGE) => admin.users.find({ first, max });
const create = async (number) => (await admin.users.create(newUser(number))).id;
const list = async () => {
  if (inFlight > 1) {
    return (await many(Math.ceil(count / PAGE), (number) => page(number * PAGE))).flat();
  }
  const users = [];
  for (;;) {
    const found = await page(users.length);
    if (found.length === 0) return users;
    users.push(...found);
  }
};

if (workload === "get") {
  await many(2 * Math.max(inFlight, 16), get);
  await timed("get", () => many(count, get));
} else if (workload === "create") {
  await many(inFlight, create);
  await timed("create", () => many(count, create));
} else if (workload === "list") {
  await many(inFlight, () => page(0));
  const users = await timed("list", list);
  const inOrder = users.every((user, number) => Number(user.id.split("-").pop()) === number);
  if (users.length !== count || !inOrder) throw new Error(`${users.length} users came, in order: ${inOrder}`);
} else if (workload === "decode") {
  await page(0, LARGE);
  await timed("pages", async () => {
    for (let number = 0; number < count; number++) await page(0, LARGE);
  });
} else if (workload === "real") {
  await page(0, 1);
  const ids = await timed("create", () => many(count, create));
  const users = await timed("list", list);
  if (users.length !== count) throw new Error(`${users.length} users came`);
  await timed("map", async () => {
    const { id, name } = await admin.roles.findOneByName({ name: "bench" });
    for (const user of ids) {
      await admin.users.addRealmRoleMappings({ id: user, roles: [{ id, name }] });
    }
  });
} else {
  throw new Error(`there is no workload ${workload}`);
}

const status = readFileSync("/proc/self/status", "utf8");
const peak = /^VmHWM:\s+(\d+)/m.exec(status);
console.log(JSON.stringify({ seconds, peak_kb: peak ? Number(peak[1]) : null }));
process.exit(0);
