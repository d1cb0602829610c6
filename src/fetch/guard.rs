//! The address guard: which addresses may be connected to, checked on the very addresses that are
//! dialled, so that a name cannot resolve to something else in between.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Instant,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Names, trace::Trace};

/// Where names come from, and which addresses are allowed.
#[derive(Debug, Clone, Default)]
pub struct Resolution {
    /// Names that are not looked up. An address given here is allowed whatever it is; a port other
    /// than 0 replaces that of URLs which name none.
    pub overrides: HashMap<String, SocketAddr>,
    /// Names without an override do not exist: nothing is ever looked up.
    pub only_overrides: bool,
    /// Loopback, private and other special addresses are allowed.
    pub allow_private: bool,
    /// Names that the user trusts wherever they lead: those of proxies.
    pub trusted: Vec<String>,
    /// Only addresses of one family are asked.
    pub only: Option<Family>,
    /// Who is asked for the addresses of a name.
    pub names: Names,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    fn has(self, ip: IpAddr) -> bool {
        ip.is_ipv4() == (self == Family::V4)
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum LookupError {
    #[error("the name does not exist")]
    NoSuchName,
    #[error("{0}")]
    Failed(String),
    #[error("{0} is a private or special address")]
    Private(IpAddr),
    #[error("it has no address of the family that was asked for")]
    Family,
}

impl Resolution {
    /// Why a literal address must not be asked, if so.
    pub(super) fn refuses(&self, ip: IpAddr) -> Option<LookupError> {
        if !self.allow_private && is_private(ip) {
            return Some(LookupError::Private(ip));
        }
        match self.only {
            Some(family) if !family.has(ip) => Some(LookupError::Family),
            _ => None,
        }
    }

    /// The addresses of a name that may be asked.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        if let Some(address) = self.overrides.get(name) {
            return Ok(vec![*address]);
        }
        if self.only_overrides {
            return Err(LookupError::NoSuchName);
        }
        let found = self.names.addresses(name).await.map_err(|e| lookup_error(&e))?;
        let trusted = self.trusted.iter().any(|known| known == name);
        let (mut allowed, mut refused) = (Vec::new(), LookupError::NoSuchName);
        for address in found {
            match self.refuses(address.ip()) {
                Some(LookupError::Private(_)) if trusted => allowed.push(address),
                Some(why) => refused = why,
                None => allowed.push(address),
            }
        }
        if allowed.is_empty() { Err(refused) } else { Ok(allowed) }
    }
}

impl Resolve for Resolution {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolution, trace) = (self.clone(), Trace::current());
        Box::pin(async move {
            let begun = Instant::now();
            let found = resolution.look_up(name.as_str()).await;
            let other_family = trace.as_ref().is_some_and(|trace| trace.other_family);
            if let Some(trace) = trace {
                trace.looked_up(begun);
            }
            let addresses = in_order(found?, other_family);
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Addresses as the system prefers them, or those of the family that it would try last in front.
fn in_order(mut addresses: Vec<SocketAddr>, other_family: bool) -> Vec<SocketAddr> {
    if other_family && let Some(preferred) = addresses.first().map(SocketAddr::is_ipv4) {
        addresses.sort_by_key(|address| address.is_ipv4() == preferred);
    }
    addresses
}

/// The standard library hands on only the resolver's words. These are the words of glibc, musl and
/// the BSDs for "no such name"; everything else may pass.
fn lookup_error(error: &std::io::Error) -> LookupError {
    let words = error.to_string();
    let no_such = [
        "Name or service not known",
        "Name does not resolve",
        "nodename nor servname provided",
        "No such host",
    ];
    if no_such.iter().any(|known| words.contains(known)) {
        LookupError::NoSuchName
    } else {
        LookupError::Failed(words)
    }
}

/// Loopback, private, link-local, shared, special-purpose or multicast (RFC 6890 and its registries),
/// also when wrapped in IPv6 (mapped, NAT64, 6to4, Teredo).
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            let embedded =
                |a: u16, b: u16| is_private_v4(Ipv4Addr::new((a >> 8) as u8, a as u8, (b >> 8) as u8, b as u8));
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_private_v4(v4);
            }
            match s {
                // NAT64 and 6to4 carry an IPv4 address that the packet ends up at.
                [0x64, 0xff9b, 0, 0, 0, 0, a, b] | [0x2002, a, b, ..] => embedded(a, b),
                _ => {
                    v6.is_loopback()
                        || v6.is_unspecified()
                        || v6.is_multicast()
                        || s[..6] == [0; 6]
                        || (s[0] & 0xfe00) == 0xfc00
                        || (s[0] & 0xffc0) == 0xfe80
                        || (s[0] & 0xffc0) == 0xfec0
                        || (s[0] == 0x64 && s[1] == 0xff9b)
                        || (s[0] == 0x2001 && s[1] < 0x200)
                        || (s[0] == 0x2001 && s[1] == 0xdb8)
                        || (s[0] == 0x100 && s[1..4] == [0; 3])
                }
            }
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let o = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || o[0] == 0
        || o[0] >= 240
        || (o[0] == 100 && (o[1] & 0xc0) == 64)
        || (o[0] == 192 && o[1] == 0 && o[2] == 0)
        || (o[0] == 192 && o[1] == 88 && o[2] == 99)
        || (o[0] == 198 && (o[1] & 0xfe) == 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_the_other_family_first_when_asked() {
        let addresses = |text: &str| -> Vec<SocketAddr> { text.split(' ').map(|a| a.parse().unwrap()).collect() };
        for (found, other, want) in [
            ("[2::1]:0 8.8.8.8:0 [2::2]:0", false, "[2::1]:0 8.8.8.8:0 [2::2]:0"),
            ("[2::1]:0 8.8.8.8:0 [2::2]:0", true, "8.8.8.8:0 [2::1]:0 [2::2]:0"),
            ("8.8.8.8:0 [2::1]:0", true, "[2::1]:0 8.8.8.8:0"),
            ("8.8.8.8:0", true, "8.8.8.8:0"),
        ] {
            assert_eq!(in_order(addresses(found), other), addresses(want), "{found}");
        }
    }

    #[test]
    fn refuses_every_special_form() {
        for (address, private) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("10.0.0.1", true),
            ("172.16.0.1", true),
            ("192.168.1.1", true),
            ("169.254.169.254", true),
            ("100.64.0.1", true),
            ("0.0.0.0", true),
            ("198.18.0.1", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("192.0.2.1", true),
            ("93.184.216.34", false),
            ("8.8.8.8", false),
            ("::1", true),
            ("::", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("::127.0.0.1", true),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::808:808", false),
            ("2002:7f00:1::", true),
            ("2001:0:1::", true),
            ("fe80::1", true),
            ("fc00::1", true),
            ("ff02::1", true),
            ("2001:db8::1", true),
            ("2606:4700::1111", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), private, "{address}");
        }
    }
}
