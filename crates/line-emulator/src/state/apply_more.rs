//! What the smaller events do: coupons, LIFF apps, link tokens, read marks, pictures people sent.

use super::event::Event;
use super::tenant::{Coupon, LinkToken};
use super::{Content, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl World {
    pub(super) fn apply_more(&mut self, event: Event) {
        match event {
            Event::Coupon { at, channel, id, coupon } => self.with_bot(&channel, |t| {
                t.coupons.insert(id, Coupon { at, body: coupon, closed: false });
            }),
            Event::CouponClosed { channel, id } => self.with_bot(&channel, |t| {
                if let Some(coupon) = t.coupons.get_mut(&id) {
                    coupon.closed = true;
                }
            }),
            Event::Liff { channel, id, app } => {
                if let Some(t) = self.login(&channel) {
                    match app {
                        Some(app) => self.tenants[t].liff.insert(id, app),
                        None => self.tenants[t].liff.remove(&id),
                    };
                }
            }
            Event::LinkToken { at, channel, token, person } => self.with_bot(&channel, |t| {
                t.link_tokens.insert(token, LinkToken { at, person });
            }),
            Event::LinkTokenUsed { channel, token } => self.with_bot(&channel, |t| {
                t.link_tokens.remove(&token);
            }),
            Event::Read { at, channel, person } => self.with_bot(&channel, |t| {
                t.read.insert(person as usize, at);
            }),
            Event::Content { channel, message, media_type, base64 } => {
                if let (Some(tenant), Ok(bytes)) = (self.messaging(&channel), STANDARD.decode(base64)) {
                    self.contents.insert(message, Content { tenant, media_type, bytes: bytes.into() });
                }
            }
            _ => {}
        }
    }
}
