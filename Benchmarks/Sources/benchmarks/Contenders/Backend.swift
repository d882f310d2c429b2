internal import ArgumentParser

/// The backends that are measured, by the names that the tool gives them.
enum Backend: String, ExpressibleByArgument {
  case cranelift, winch
}
