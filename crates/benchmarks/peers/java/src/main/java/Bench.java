import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.keycloak.admin.client.Keycloak;
import org.keycloak.admin.client.resource.RealmResource;
import org.keycloak.representations.idm.RoleRepresentation;
import org.keycloak.representations.idm.UserRepresentation;

/** The Java admin client under the workloads of src/workload.rs: {@code Bench WORKLOAD URL REALM COUNT IN_FLIGHT}. */
public class Bench {
    private static final int PAGE = 100;
    private static final int LARGE = 20_000;
    private static final String ID = "00000000-0000-4000-8000-000000000007";

    private final RealmResource realm;
    private final int count;
    private final int inFlight;
    private final ExecutorService threads;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    private Bench(RealmResource realm, int count, int inFlight) {
        this.realm = realm;
        this.count = count;
        this.inFlight = inFlight;
        this.threads = Executors.newFixedThreadPool(inFlight);
    }

    public static void main(String[] arguments) throws Exception {
        String username = System.getenv().getOrDefault("BENCH_USERNAME", "admin");
        String password = System.getenv().getOrDefault("BENCH_PASSWORD", "admin");
        Keycloak keycloak = Keycloak.getInstance(arguments[1], "master", username, password, "admin-cli");
        Bench bench = new Bench(keycloak.realm(arguments[2]), Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
        bench.run(arguments[0]);
        String parts = bench.seconds.entrySet().stream()
                .map(part -> String.format(Locale.ROOT, "\"%s\":%.9f", part.getKey(), part.getValue()))
                .collect(Collectors.joining(","));
        System.out.println("{\"seconds\":{" + parts + "},\"peak_kb\":" + peakKb() + "}");
        System.exit(0);
    }

    private void run(String workload) throws Exception {
        switch (workload) {
            case "get" -> {
                many(2 * Math.max(inFlight, 16), number -> get());
                timed("get", () -> many(count, number -> get()));
            }
            case "create" -> {
                many(inFlight, this::create);
                timed("create", () -> many(count, this::create));
            }
            case "list" -> {
                many(inFlight, number -> page(0, PAGE));
                checkOrder(timed("list", this::list));
            }
            case "decode" -> {
                page(0, LARGE);
                timed("pages", () -> many(count, number -> page(0, LARGE).size()));
            }
            case "real" -> real();
            default -> throw new IllegalArgumentException("there is no workload " + workload);
        }
    }

    private void real() throws Exception {
        page(0, 1);
        List<String> ids = timed("create", () -> many(count, this::create));
        List<UserRepresentation> users = timed("list", this::list);
        if (users.size() != count) {
            throw new IllegalStateException(users.size() + " users came");
        }
        timed("map", () -> {
            List<RoleRepresentation> roles = List.of(realm.roles().get("bench").toRepresentation());
            for (String id : ids) {
                realm.users().get(id).roles().realmLevel().add(roles);
            }
            return null;
        });
    }

    private <T> T timed(String name, Callable<T> work) throws Exception {
        long begun = System.nanoTime();
        T value = work.call();
        seconds.put(name, (System.nanoTime() - begun) / 1e9);
        return value;
    }

    /** The results for 0 to n, in order; a thread for each call that is in flight. */
    private <T> List<T> many(int n, IntFunction<T> work) throws Exception {
        List<T> results = new ArrayList<>(n);
        if (inFlight == 1) {
            for (int number = 0; number < n; number++) {
                results.add(work.apply(number));
            }
            return results;
        }
        List<Future<T>> coming = new ArrayList<>(n);
        for (int number = 0; number < n; number++) {
            int current = number;
            coming.add(threads.submit(() -> work.apply(current)));
        }
        for (Future<T> one : coming) {
            results.add(one.get());
        }
        return results;
    }

    private Void get() {
        UserRepresentation user = realm.users().get(ID).toRepresentation();
        if (!ID.equals(user.getId())) {
            throw new IllegalStateException("another user came");
        }
        return null;
    }

    private List<UserRepresentation> page(int first, int max) {
        return realm.users().list(first, max);
    }

    private String create(int number) {
        UserRepresentation user = new UserRepresentation();
        user.setUsername("user-" + number);
        user.setEmail("user-" + number + "@example.com");
        user.setEmailVerified(true);
        user.setEnabled(true);
        user.setFirstName("Ali");
        user.setLastName("Number " + number);
        user.setAttributes(Map.of("department", List.of("research")));
        try (Response response = realm.users().create(user)) {
            if (response.getStatus() != 201) {
                throw new IllegalStateException("status " + response.getStatus());
            }
            String location = response.getLocation().getPath();
            return location.substring(location.lastIndexOf('/') + 1);
        }
    }

    private List<UserRepresentation> list() throws Exception {
        List<UserRepresentation> users = new ArrayList<>();
        if (inFlight > 1) {
            many((count + PAGE - 1) / PAGE, number -> page(number * PAGE, PAGE)).forEach(users::addAll);
            return users;
        }
        while (true) {
            List<UserRepresentation> found = page(users.size(), PAGE);
            if (found.isEmpty()) {
                return users;
            }
            users.addAll(found);
        }
    }

    private void checkOrder(List<UserRepresentation> users) {
        for (int number = 0; number < users.size(); number++) {
            String id = users.get(number).getId();
            if (Integer.parseInt(id.substring(id.lastIndexOf('-') + 1)) != number) {
                throw new IllegalStateException("not in their order");
            }
        }
        if (users.size() != count) {
            throw new IllegalStateException(users.size() + " users came");
        }
    }

    private static String peakKb() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return "null";
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.split("\\s+")[1])
                .findFirst()
                .orElse("null");
    }
}
