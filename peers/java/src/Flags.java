import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Flags as --name VALUE, and switches without a value; wrong ones end the program. */
class Flags {
  private final Map<String, List<String>> values = new HashMap<>();

  static Flags parse(String[] args, List<String> switches, List<String> names) {
    Flags flags = new Flags();
    Iterator<String> rest = List.of(args).iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!names.contains(name) && !switches.contains(name)) {
        throw wrong(name, "no such flag");
      }
      if (names.contains(name) && !rest.hasNext()) {
        throw wrong(name, "has no value");
      }
      String value = names.contains(name) ? rest.next() : "";
      flags.values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }
    return flags;
  }

  static RuntimeException wrong(String flag, String reason) {
    System.err.println(flag + ": " + reason);
    System.exit(2);
    return new IllegalArgumentException(flag);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** The last value. */
  String text(String name, String otherwise) {
    List<String> all = all(name);
    return all.isEmpty() ? otherwise : all.get(all.size() - 1);
  }

  int number(String name, int otherwise) {
    try {
      int number = has(name) ? Integer.parseInt(text(name, "")) : otherwise;
      if (has(name) && number < 0) {
        throw new NumberFormatException();
      }
      return number;
    } catch (NumberFormatException e) {
      throw wrong(name, "not a number of 0 or more: " + text(name, ""));
    }
  }

  /** A duration such as 500ms, 1s or 0. */
  long millis(String name, long otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    Matcher matcher = Pattern.compile("(\\d{1,9})(ms|s)|0").matcher(text(name, ""));
    if (!matcher.matches()) {
      throw wrong(name, "not a duration such as 500ms: " + text(name, ""));
    }
    return matcher.group(1) == null
        ? 0
        : Long.parseLong(matcher.group(1)) * (matcher.group(2).equals("s") ? 1000 : 1);
  }

  InetSocketAddress address(String name) {
    Matcher matcher = Pattern.compile("(.+):(\\d{1,5})").matcher(text(name, "127.0.0.1:50051"));
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65535) {
      throw wrong(name, "not HOST:PORT: " + text(name, ""));
    }
    return new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
  }
}
