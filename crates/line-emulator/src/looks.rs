//! What people look at and open: the source of all statistics.

use crate::app::App;
use crate::deeds::Talk;
use crate::state::World;
use crate::state::event::Event;

fn names(world: &World, talk: Talk) -> (String, String) {
    let channel = world.tenants[talk.tenant].provider.messaging.id.clone();
    (channel, world.people.all[talk.person].id.clone())
}

impl App {
    /// The person opens the talk: its new messages and its menu are seen.
    pub(crate) fn look(&self, world: &mut World, talk: Talk) {
        let (channel, persona) = names(world, talk);
        world.record(Event::Looked { at: self.now(), channel, persona });
    }

    /// The person opens an address out of a message.
    pub(crate) fn click(&self, world: &mut World, talk: Talk, url: &str) {
        let (channel, persona) = names(world, talk);
        world.record(Event::Clicked { at: self.now(), channel, persona, url: url.to_owned() });
    }

    /// The person taps an area of the menu; to be told before the action changes the menu.
    pub(crate) fn tapped(&self, world: &mut World, talk: Talk, area: usize) {
        let (channel, persona) = names(world, talk);
        let area = u8::try_from(area).unwrap_or(u8::MAX);
        world.record(Event::MenuTapped { at: self.now(), channel, persona, area });
    }

    /// The bytes of what the person sent, for the content addresses.
    pub(crate) fn keep_content(world: &mut World, talk: Talk, id: &str, media_type: String, base64: String) {
        let (channel, _) = names(world, talk);
        world.record(Event::Content { channel, message: id.to_owned(), media_type, base64 });
    }

    /// Does the work whose time has come, and wakes those who wait for news.
    pub(crate) fn settle(&self) {
        let settled = self.store.lock().settle(self.now());
        if settled {
            self.store.flush();
        }
    }
}
