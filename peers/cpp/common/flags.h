// The command line of a program: --name=value or --name value.
#pragma once

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

// Says what is wrong with a flag, and ends the program.
[[noreturn]] inline void wrong_flag(const std::string& name, const std::string& why) {
  std::cerr << "--" << name << ": " << why << std::endl;
  std::exit(2);
}

class Flags {
 public:
  // `known` are the flags and their defaults; switches come without a value.
  Flags(int argc, char** argv, std::map<std::string, std::string> known,
        std::set<std::string> switches = {})
      : defaults_(std::move(known)) {
    for (int i = 1; i < argc; i++) {
      std::string arg = argv[i];
      if (arg.rfind("--", 0) != 0) {
        std::cerr << "not a flag: " << arg << std::endl;
        std::exit(2);
      }
      size_t equals = arg.find('=');
      std::string name = arg.substr(2, equals == std::string::npos ? equals : equals - 2);
      if (switches.count(name)) {
        if (equals != std::string::npos) wrong_flag(name, "takes no value");
        given_[name].push_back("true");
        continue;
      }
      if (!defaults_.count(name)) wrong_flag(name, "unknown flag");
      if (equals != std::string::npos) {
        given_[name].push_back(arg.substr(equals + 1));
      } else if (++i < argc) {
        given_[name].push_back(argv[i]);
      } else {
        wrong_flag(name, "needs a value");
      }
    }
  }

  bool has(const std::string& name) const { return given_.count(name) != 0; }

  std::vector<std::string> all(const std::string& name) const {
    return has(name) ? given_.at(name) : std::vector<std::string>{};
  }

  std::string text(const std::string& name) const {
    return has(name) ? given_.at(name).back() : defaults_.at(name);
  }

  bool truth(const std::string& name) const {
    std::string value = text(name);
    if (value != "true" && value != "false") wrong_flag(name, "true or false, not " + value);
    return value == "true";
  }

  int number(const std::string& name) const {
    std::string value = text(name);
    int number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < 0) {
      wrong_flag(name, "a number is wanted, not " + value);
    }
    return number;
  }

 private:
  std::map<std::string, std::string> defaults_;
  std::map<std::string, std::vector<std::string>> given_;
};
