internal import CLinux
internal import Glibc
package import LinuxIO

/// What this process gives up before it hears anything from the network: all files but those that it needs for a connection,
/// TCP to all ports but the server's, and other processes.
///
/// Where the kernel lacks a part of that, the rest is in force.
package enum NetworkConfinement {
  /// What the C library looks names up with.
  private static let resolver = [
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
    "/etc/protocols", "/etc/ld.so.cache", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/nix/store", "/gnu/store",
  ]

  /// Dispatch ends the process if it cannot look at the states of its threads, `/proc/TID/stat`, and no rule can name these alone.
  /// What matters of other processes, their memory and environments, is closed to a process that has rules (landlock(7)).
  private static let states = ["/proc"]

  /// Where systems have the certificates of their authorities; not all of `/etc/ssl`, which has keys, too.
  private static let authorities = [
    "/etc/ssl/certs", "/etc/ssl/cert.pem", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/etc/pki/tls/cert.pem",
  ]

  private static let domainNames: UInt16 = 53

  /// Confines this process for the rest of its life. It must not have started a thread yet.
  ///
  /// - Parameters:
  ///   - port: the only one that it may connect to, besides that of name servers.
  ///   - readable: files that it reads again.
  package static func enter(port: Int, usesSystemAuthorities: Bool, readable: [String]) throws(SystemError) {
    try check("prctl", clinux_give_up_privileges())
    clinux_disable_core_dumps()
    let version = clinux_landlock_version()
    if version > 0 {
      let rules = Descriptor(owning: try check("landlock_create_ruleset", clinux_landlock_rules(version)))
      // Not every system has all of these.
      for place in resolver + states + (usesSystemAuthorities ? authorities : []) + readable {
        _ = clinux_landlock_allow(rules.raw, version, place, clinux_landlock_read)
      }
      for port in [UInt16(clamping: port), domainNames] {
        try check("landlock_add_rule", clinux_landlock_allow_connecting(rules.raw, version, port))
      }
      try check("landlock_restrict_self", clinux_landlock_enter(rules.raw))
    }
    try check("capset", clinux_give_up_capabilities())
    _ = NetworkFilter.install()
  }
}
