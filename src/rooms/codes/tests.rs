use std::collections::HashSet;
use std::net::Ipv6Addr;

use super::*;

const LIFETIME: Duration = Duration::from_secs(600);
const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

fn codes(max_codes: usize) -> Codes {
    Codes::new(CodeLimits {
        lifetime: LIFETIME,
        max_codes,
    })
}

fn other(last: u8) -> IpAddr {
    IpAddr::from([192, 168, 2, last])
}

fn keys(room: &str) -> RoomKeys {
    RoomKeys {
        room: room.to_owned(),
        viewer_token: format!("viewer of {room}"),
        phone_token: format!("phone of {room}"),
    }
}

fn opens(room: &str) -> Typed {
    Typed::Opens(keys(room).phone_token)
}

/// A code that opens nothing.
fn wrong(codes: &Codes) -> Code {
    codes.lock().unused()
}

#[test]
fn a_code_is_typed_as_people_type() {
    let code = Code::parse("K7P4QX").unwrap();
    for typed in [
        "k7p4qx",
        "K7P 4QX",
        " k7p-4qx ",
        "K-7-P-4-Q-X",
        "K7P\u{a0}4QX",
    ] {
        assert_eq!(Code::parse(typed), Some(code), "{typed}");
    }
    assert_eq!(code.as_str(), "K7P4QX");
    for no_code in [
        "", "K7P4Q", "K7P4QXA", "K7P4Q0", "K7P4QI", "K7P4Qß", "K7P4Q\0",
    ] {
        assert_eq!(Code::parse(no_code), None, "{no_code}");
    }
}

#[test]
fn every_symbol_comes_up_and_codes_differ() {
    let some: HashSet<Code> = (0..500).map(|_| Code::random()).collect();
    assert!(some.len() > 490, "{}", some.len());
    let symbols: HashSet<u8> = some.iter().flat_map(|code| code.0).collect();
    assert_eq!(symbols, HashSet::from(*ALPHABET));
}

#[test]
fn a_room_has_one_code_until_it_expires() {
    let (codes, now) = (codes(10), Instant::now());
    let (code, left) = codes.issue(&keys("a"), now);
    assert_eq!(left, LIFETIME);
    let later = now + Duration::from_secs(100);
    assert_eq!(
        codes.issue(&keys("a"), later),
        (code, LIFETIME - Duration::from_secs(100))
    );
    assert_ne!(codes.issue(&keys("b"), later).0, code);
    assert_eq!(codes.redeem(code, HOME, later), opens("a"));

    let end = now + LIFETIME;
    assert_eq!(codes.redeem(code, HOME, end), Typed::Unknown);
    let (next, left) = codes.issue(&keys("a"), end);
    assert!(next != code && left == LIFETIME);
}

#[test]
fn a_code_lets_one_phone_in() {
    let (codes, now) = (codes(10), Instant::now());
    let (code, _) = codes.issue(&keys("a"), now);
    let (bystander, _) = codes.issue(&keys("b"), now);
    // A phone that came by the QR says nothing of the code.
    codes.spend("a");
    assert_eq!(codes.redeem(code, HOME, now), opens("a"));
    assert_eq!(codes.redeem(code, other(1), now), Typed::Unknown);
    assert_eq!(
        codes.redeem(code, HOME, now),
        opens("a"),
        "the same once more"
    );
    codes.spend("a");
    assert_eq!(codes.redeem(code, HOME, now), Typed::Unknown);
    assert_ne!(codes.issue(&keys("a"), now).0, code);
    assert_eq!(codes.redeem(bystander, other(2), now), opens("b"));
}

#[test]
fn who_opens_a_code_and_never_joins_does_not_burn_it() {
    let (codes, now) = (codes(10), Instant::now());
    let (code, _) = codes.issue(&keys("a"), now);
    assert_eq!(codes.redeem(code, other(1), now), opens("a"));
    assert_eq!(codes.redeem(code, HOME, now + CLAIM / 2), Typed::Unknown);
    assert_eq!(codes.redeem(code, HOME, now + CLAIM), opens("a"));
    assert_eq!(codes.redeem(code, other(1), now + CLAIM), Typed::Unknown);
}

#[test]
fn one_guesser_is_stopped_and_others_are_not() {
    let (codes, now) = (codes(10), Instant::now());
    let (right, wrong) = (codes.issue(&keys("a"), now).0, wrong(&codes));
    for _ in 0..GUESSES_OF_ONE {
        assert_eq!(codes.redeem(wrong, HOME, now), Typed::Unknown);
    }
    let later = now + MINUTE / 3;
    let wait = Typed::Wait(MINUTE - MINUTE / 3);
    assert_eq!(codes.redeem(wrong, HOME, later), wait);
    assert_eq!(codes.redeem(right, HOME, later), wait, "a lucky guess");
    assert_eq!(codes.redeem(right, other(1), later), opens("a"));
    assert_eq!(codes.redeem(wrong, HOME, now + MINUTE), Typed::Unknown);
}

#[test]
fn many_guessers_are_stopped_together_and_the_table_stays_small() {
    let (codes, now) = (codes(10), Instant::now());
    let wrong = wrong(&codes);
    for guess in 0..GUESSES_OF_ALL {
        let from = Ipv6Addr::new(0x2001, 0xdb8, 0, guess as u16, 0, 0, 0, 1).into();
        assert_eq!(codes.redeem(wrong, from, now), Typed::Unknown, "{guess}");
    }
    for last in 0..=255 {
        assert_eq!(codes.redeem(wrong, other(last), now), Typed::Wait(MINUTE));
    }
    assert_eq!(codes.lock().guesses.of.len(), GUESSES_OF_ALL as usize);
}

#[test]
fn one_network_of_ipv6_is_one_guesser() {
    let (codes, now) = (codes(10), Instant::now());
    let wrong = wrong(&codes);
    let neighbour = |last| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into();
    for last in 0..GUESSES_OF_ONE as u16 {
        codes.redeem(wrong, neighbour(last), now);
    }
    let next = codes.redeem(wrong, neighbour(999), now);
    assert_eq!(next, Typed::Wait(MINUTE));
}

#[test]
fn no_more_codes_than_rooms() {
    let (codes, now) = (codes(3), Instant::now());
    let (first, _) = codes.issue(&keys("0"), now);
    for room in 1..100_u32 {
        codes.issue(
            &keys(&room.to_string()),
            now + Duration::from_millis(room.into()),
        );
    }
    assert_eq!(codes.lock().codes.len(), 3);
    assert_eq!(codes.redeem(first, HOME, now), Typed::Unknown);
}
