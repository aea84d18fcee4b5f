//! Streams that break, and the pages that come back.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn coming_back<'a>(client: &'a str, last_id: &'a str) -> Wish<'a> {
    Wish {
        last_event_id: Some(last_id),
        ..named(client)
    }
}

fn from_phone(n: u64) -> RoomEvent {
    let (from, payload) = (Role::Phone, json!(n));
    RoomEvent::Signal { from, payload }
}

/// Each with a name, and each has heard of the other.
async fn both_seated(rooms: &Rooms, keys: &RoomKeys) -> (Page, Page) {
    let mut viewer = sit(rooms, keys, Role::Viewer, named("v"));
    let mut phone = sit(rooms, keys, Role::Phone, named("p"));
    phone.welcome().await;
    viewer.welcome().await;
    viewer.expect(phone_is(true)).await;
    (viewer, phone)
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed_and_nothing_twice() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let (mut viewer, mut phone) = both_seated(&rooms, &keys).await;
    let sitting = phone.name().to_owned();
    let post = |n: u64| {
        let post = Post {
            sitting: Some(&sitting),
            number: Some(n),
        };
        rooms.signal(&keys.room, &keys.phone_token, post, json!(n))
    };
    assert_eq!((post(1), post(2)), (Ok(true), Ok(true)));
    viewer.expect(from_phone(1)).await;
    let last_id = viewer.last_id.clone();
    // On its way when the stream breaks, or posted while there is none.
    drop(viewer);
    assert_eq!(post(3), Ok(true));
    // Its answer was lost: the page posts it again.
    assert_eq!(post(3), Ok(false));

    let mut viewer = sit(&rooms, &keys, Role::Viewer, coming_back("v", &last_id));
    assert_eq!(viewer.welcome().await, (true, true));
    assert_eq!(viewer.last_id, last_id, "the welcome skips nothing");
    viewer.expect(from_phone(2)).await;
    viewer.expect(from_phone(3)).await;
    // Nobody was told of a coming or going.
    drop(viewer);
    signal(&rooms, &keys, Role::Viewer, json!("after")).unwrap_err();
    let mut again = sit(&rooms, &keys, Role::Phone, coming_back("p", &phone.last_id));
    assert_eq!(again.welcome().await, (true, true));
    assert_eq!(phone.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_come_back_has_left() {
    let rooms = rooms(1);
    tokio::spawn(rooms.clone().keep_tidy());
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, Wish::default());
    let mut phone = sit(&rooms, &keys, Role::Phone, named("p"));
    viewer.welcome().await;
    viewer.expect(phone_is(true)).await;
    phone.welcome().await;
    drop(phone.sitting);
    let broke = tokio::time::Instant::now();
    viewer.expect(phone_is(false)).await;
    assert!(broke.elapsed() >= GRACE);
    let post = signal(&rooms, &keys, Role::Viewer, json!(0));
    assert_eq!(post, Err(RoomError::PeerAbsent));
    // It learns that its seat was lost meanwhile.
    let mut phone = sit(&rooms, &keys, Role::Phone, coming_back("p", &phone.last_id));
    assert_eq!(phone.welcome().await, (false, true));
}

#[tokio::test]
async fn a_page_that_says_so_leaves_at_once() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let (mut viewer, mut phone) = both_seated(&rooms, &keys).await;
    let leave = |sitting: &str| rooms.leave(&keys.room, &keys.phone_token, sitting);
    // A word that comes late, or from another, empties no seat.
    assert_eq!(leave("another"), Ok(()));
    assert_eq!(rooms.occupancy().phones, 1);
    assert_eq!(leave(phone.name()), Ok(()));
    viewer.expect(phone_is(false)).await;
    assert_eq!(phone.next().await, None);
    let late = sit(&rooms, &keys, Role::Phone, named("p"));
    leave(phone.name()).unwrap();
    assert_eq!(rooms.occupancy().phones, 1);
    drop(late);
}

#[tokio::test]
async fn whoever_missed_something_is_told() {
    let ids: [fn(&str) -> String; 8] = [
        |sitting| format!("{sitting}-0"),
        |sitting| format!("{sitting}-{}", EVENTS + 2),
        |sitting| format!("{sitting}-x"),
        |sitting| format!("{sitting}-{}", u64::MAX),
        |_| format!("another-{EVENTS}"),
        |_| String::new(),
        |_| "-".to_owned(),
        |_| "nonsense".to_owned(),
    ];
    let known: [fn(&str) -> String; 2] = [
        |sitting| format!("{sitting}-1"),
        |sitting| format!("{sitting}-{}", EVENTS + 1),
    ];
    let ids = ids.map(|id| (id, false)).into_iter();
    for (id, resumed) in ids.chain(known.map(|id| (id, true))) {
        let rooms = rooms(1);
        let keys = rooms.create().unwrap();
        let mut viewer = sit(&rooms, &keys, Role::Viewer, named("v"));
        viewer.welcome().await;
        let id = id(viewer.name());
        drop(viewer.sitting);
        // One more than is kept.
        for _ in 0..=EVENTS {
            signal(&rooms, &keys, Role::Phone, json!(0)).unwrap();
        }
        let mut back = sit(&rooms, &keys, Role::Viewer, coming_back("v", &id));
        assert_eq!(back.welcome().await, (resumed, false), "{id}");
    }
}

#[tokio::test]
async fn nobody_comes_back_to_a_seat_that_another_took() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    for role in [Role::Phone, Role::Viewer] {
        let mut first = sit(&rooms, &keys, role, named("one"));
        first.welcome().await;
        drop(first.sitting);
        // The first is away: the second does not have to ask.
        let mut second = sit(&rooms, &keys, role, named("two"));
        assert!(!second.welcome().await.0);
        for client in ["one", "", "three"] {
            let mut back = sit(&rooms, &keys, role, coming_back(client, &first.last_id));
            back.expect(RoomEvent::Replaced {}).await;
            assert_eq!(back.next().await, None);
        }
        // Nor does anybody by an id that is not theirs.
        let mut thief = sit(&rooms, &keys, role, coming_back("thief", &second.last_id));
        thief.expect(RoomEvent::Replaced {}).await;
        drop(second);
    }
}

/// Browsers copy a tab's name with the tab.
#[tokio::test]
async fn a_duplicated_tab_takes_the_seat_once_and_the_first_does_not_take_it_back() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let of = |page| Wish {
        page,
        ..named("tab")
    };
    for role in [Role::Viewer, Role::Phone] {
        let mut first = sit(&rooms, &keys, role, of("first"));
        first.welcome().await;
        let last_id = first.last_id.clone();
        let back = Wish {
            last_event_id: Some(&last_id),
            ..of("first")
        };
        let mut copy = sit(&rooms, &keys, role, of("copy"));
        copy.welcome().await;
        let mut refused = sit(&rooms, &keys, role, back);
        refused.expect(RoomEvent::Replaced {}).await;
        // A person may say so, and a page whose last try was lost on the way tries again.
        let takeover = Wish {
            takeover: true,
            ..back
        };
        let _lost = sit(&rooms, &keys, role, takeover);
        let mut again = sit(&rooms, &keys, role, back);
        again.welcome().await;
    }
}

#[tokio::test]
async fn only_who_sits_there_speaks_for_a_seat() {
    let rooms = rooms(1);
    let keys = rooms.create().unwrap();
    let mut viewer = sit(&rooms, &keys, Role::Viewer, Wish::default());
    let mut phone = sit(&rooms, &keys, Role::Phone, named("p"));
    phone.welcome().await;
    viewer.welcome().await;
    let post = |token: &str, sitting: Option<&str>| {
        let post = Post {
            sitting,
            number: None,
        };
        rooms.signal(&keys.room, token, post, json!(0))
    };
    let phones = &keys.phone_token;
    assert_eq!(post(phones, None), Err(RoomError::NotSeated));
    assert_eq!(post(phones, Some("another")), Err(RoomError::NotSeated));
    let viewers = viewer.name();
    assert_eq!(post(phones, Some(viewers)), Err(RoomError::NotSeated));
    assert_eq!(post(phones, Some(phone.name())), Ok(true));
    // A program that gave no name need not name its sitting.
    assert_eq!(post(&keys.viewer_token, None), Ok(true));
}

/// What may happen to a stream, and what the page has of it.
#[derive(Debug, Clone)]
enum Step {
    Post,
    /// The page reads so many events, if there are.
    Read(usize),
    /// The stream breaks; so many events were on their way.
    Break {
        on_their_way: usize,
    },
    /// The page opens another one; the server may not have noticed that the last one broke.
    ComeBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Post),
        3 => (1..5_usize).prop_map(Step::Read),
        1 => (0..5_usize).prop_map(|on_their_way| Step::Break { on_their_way }),
        1 => Just(Step::ComeBack),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// However streams break: the numbers come one by one from where the last welcome said, none left out, none twice.
    #[test]
    fn no_signal_is_lost_or_comes_twice_unless_it_is_told(steps in steps(), max_events in 1..12_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let rooms = Rooms::new(RoomLimits { max_events, ..limits(1) });
            let keys = rooms.create().unwrap();
            let mut page = Some(sit(&rooms, &keys, Role::Viewer, named("v")));
            let (mut posted, mut got, mut last_id) = (0, Some(0), String::new());
            for step in steps.into_iter().chain([Step::ComeBack, Step::Read(usize::MAX)]) {
                match step {
                    Step::Post => match signal(&rooms, &keys, Role::Phone, json!(posted + 1)) {
                        Ok(passed_on) => {
                            assert!(passed_on);
                            posted += 1;
                        }
                        Err(error) => assert_eq!(error, RoomError::PeerSlow),
                    },
                    Step::Read(most) => {
                        let Some(page) = &mut page else { continue };
                        for _ in 0..most {
                            let Some(event) = page.at_hand() else { break };
                            take(event, &mut got, posted);
                            last_id = page.last_id.clone();
                        }
                    }
                    Step::Break { on_their_way } => {
                        let Some(mut page) = page.take() else { continue };
                        for _ in 0..on_their_way {
                            page.at_hand();
                        }
                    }
                    Step::ComeBack => {
                        page = Some(sit(&rooms, &keys, Role::Viewer, coming_back("v", &last_id)));
                    }
                }
            }
            assert!(got.is_none_or(|got| got == posted), "{got:?} of {posted} came");
        });
    }
}

impl Page {
    /// The next event, if it is there already.
    fn at_hand(&mut self) -> Option<RoomEvent> {
        use futures_util::FutureExt;
        self.next().now_or_never()?
    }
}

/// `got`: the number that came last; unknown after a welcome that tells of a loss.
fn take(event: RoomEvent, got: &mut Option<u64>, posted: u64) {
    match event {
        RoomEvent::Welcome { resumed: true, .. } => {}
        RoomEvent::Welcome { .. } => *got = (posted == 0).then_some(0),
        RoomEvent::Signal { payload, .. } => {
            let number = payload.as_u64().unwrap();
            assert!(number <= posted);
            if let Some(got) = got {
                assert_eq!(number, *got + 1);
            }
            *got = Some(number);
        }
        other => panic!("{other:?}"),
    }
}
