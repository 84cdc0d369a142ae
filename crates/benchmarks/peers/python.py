"""python-keycloak under the workloads of src/workload.rs.

python.py sync|async WORKLOAD URL REALM COUNT IN_FLIGHT
"""

import asyncio
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from keycloak import KeycloakAdmin

PAGE = 100
LARGE = 20_000
ID = "00000000-0000-4000-8000-000000000007"


def new_user(number):
    return {
        "username": f"user-{number}",
        "email": f"user-{number}@example.com",
        "emailVerified": True,
        "enabled": True,
        "firstName": "Ali",
        "lastName": f"Number {number}",
        "attributes": {"department": ["research"]},
    }


def page_query(first, length=PAGE):
    return {"first": first, "max": length}


def check_user(user):
    if user["id"] != ID:
        raise SystemExit("another user came")


def check_list(users, count):
    numbers = [int(user["id"].rsplit("-", 1)[1]) for user in users]
    if numbers != list(range(count)):
        raise SystemExit(f"{len(users)} users came, or not in their order")


class Timer:
    """Times named parts."""

    def __init__(self):
        self.seconds = {}

    def run(self, name, work):
        begun = time.perf_counter()
        value = work()
        self.seconds[name] = time.perf_counter() - begun
        return value

    async def await_(self, name, work):
        begun = time.perf_counter()
        value = await work
        self.seconds[name] = time.perf_counter() - begun
        return value


def sync(admin, workload, count, in_flight):
    """One call after the other, or a thread for each that is in flight."""
    timer = Timer()

    def many(work, items):
        if in_flight == 1:
            return [work(item) for item in items]
        return list(pool.map(work, items))

    def get(_):
        check_user(admin.get_user(ID))

    def page(first):
        return admin.get_users(page_query(first))

    def pages():
        if in_flight > 1:
            found = many(page, range(0, count, PAGE))
            return [user for users in found for user in users]
        users = []
        while found := page(len(users)):
            users += found
        return users

    with ThreadPoolExecutor(in_flight) as pool:
        if workload == "get":
            many(get, range(2 * max(in_flight, 16)))
            timer.run("get", lambda: many(get, range(count)))
        elif workload == "create":
            create = lambda number: admin.create_user(new_user(number))
            many(create, range(in_flight))
            timer.run("create", lambda: many(create, range(count)))
        elif workload == "list":
            many(page, [0] * in_flight)
            check_list(timer.run("list", pages), count)
        elif workload == "decode":
            large = lambda _: admin.get_users(page_query(0, LARGE))
            large(0)
            timer.run("pages", lambda: [len(large(0)) for _ in range(count)])
        elif workload == "real":
            page(0)
            create = lambda number: admin.create_user(new_user(number))
            ids = timer.run("create", lambda: [create(number) for number in range(count)])
            users = timer.run("list", pages)
            if len(users) != count:
                raise SystemExit(f"{len(users)} users came")

            def map_role():
                role = admin.get_realm_role("bench")
                for user in ids:
                    admin.assign_realm_roles(user, [role])

            timer.run("map", map_role)
    return timer.seconds


async def asynchronous(admin, workload, count, in_flight):
    """Tasks, as many at a time as may be in flight."""
    timer = Timer()

    async def many(work, items):
        if in_flight == 1:
            return [await work(item) for item in items]
        slots = asyncio.Semaphore(in_flight)

        async def one(item):
            async with slots:
                return await work(item)

        return await asyncio.gather(*[one(item) for item in items])

    async def get(_):
        check_user(await admin.a_get_user(ID))

    async def page(first):
        return await admin.a_get_users(page_query(first))

    async def create(number):
        return await admin.a_create_user(new_user(number))

    async def pages():
        if in_flight > 1:
            found = await many(page, range(0, count, PAGE))
            return [user for users in found for user in users]
        users = []
        while found := await page(len(users)):
            users += found
        return users

    if workload == "get":
        await get(0)
        await many(get, range(2 * max(in_flight, 16)))
        await timer.await_("get", many(get, range(count)))
    elif workload == "create":
        await create(0)
        await many(create, range(in_flight))
        await timer.await_("create", many(create, range(count)))
    elif workload == "list":
        await page(0)
        await many(page, [0] * in_flight)
        check_list(await timer.await_("list", pages()), count)
    elif workload == "decode":

        async def large(times):
            for _ in range(times):
                await admin.a_get_users(page_query(0, LARGE))

        await large(1)
        await timer.await_("pages", large(count))
    elif workload == "real":
        await page(0)
        ids = await timer.await_("create", many(create, range(count)))
        users = await timer.await_("list", pages())
        if len(users) != count:
            raise SystemExit(f"{len(users)} users came")

        async def map_role():
            role = await admin.a_get_realm_role("bench")
            for user in ids:
                await admin.a_assign_realm_roles(user, [role])

        await timer.await_("map", map_role())
    return timer.seconds


def peak_kb():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return None


def main():
    kind, workload, url, realm, count, in_flight = sys.argv[1:]
    admin = KeycloakAdmin(
        # Without the slash it drops the last segment of the path.
        server_url=url + "/",
        username=os.environ.get("BENCH_USERNAME", "admin"),
        password=os.environ.get("BENCH_PASSWORD", "admin"),
        realm_name=realm,
        user_realm_name="master",
    )
    count, in_flight = int(count), int(in_flight)
    if kind == "sync":
        seconds = sync(admin, workload, count, in_flight)
    else:
        seconds = asyncio.run(asynchronous(admin, workload, count, in_flight))
    print(json.dumps({"seconds": seconds, "peak_kb": peak_kb()}))


main()
